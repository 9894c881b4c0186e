package httpapi

import (
	"context"
	"errors"
	"time"

	"housecall/internal/access"
	"housecall/internal/audit"
	"housecall/internal/id"
)

// Audit are the routes of the audit, for auditors and operators.
func Audit(log *audit.Service) []Route {
	r := auditRoutes{log}
	return []Route{
		get("/audit", "audit.search", "Search the audit by patient, record, account or time, newest first", r.search),
		post("/audit/verify", "audit.verify", "Walk the audit's chains and prove that nothing was altered", r.verify).keyless(),
	}
}

type auditRoutes struct{ log *audit.Service }

// AuditLine is one entry of the audit.
type AuditLine struct {
	What     audit.What    `json:"what" enum:"seen,denied,done,lost"`
	At       time.Time     `json:"at"`
	Action   string        `json:"action" doc:"As in the access policy, or the kind of an event."`
	Account  id.Account    `json:"account,omitempty"`
	Role     access.Role   `json:"role,omitempty"`
	Session  id.Session    `json:"session,omitempty"`
	Record   string        `json:"record,omitempty"`
	Patient  id.Patient    `json:"patient,omitempty"`
	Pharmacy id.Pharmacy   `json:"pharmacy,omitempty"`
	Reason   string        `json:"reason,omitempty"`
	Hash     string        `json:"hash,omitempty"`
	Event    string        `json:"event,omitempty"`
	Count    int64         `json:"count,omitempty" doc:"Of refusals that could not be kept one by one."`
	Block    id.AuditBlock `json:"block" doc:"The sealed block that it stands in."`
}

func auditLine(l *audit.Line) AuditLine {
	e := l.Entry
	return AuditLine{e.What, e.At, e.Action, e.Account, e.Role, e.Session, e.Record, e.Patient, e.Pharmacy, e.Reason, e.Hash, e.Event, e.Count, l.Block}
}

type auditIn struct {
	PageIn
	Patient id.Patient `query:"patient" maxLength:"96"`
	Record  string     `query:"record" maxLength:"96"`
	Account id.Account `query:"account" maxLength:"96"`
	From    time.Time  `query:"from"`
	Until   time.Time  `query:"until" doc:"Not included."`
}

func (r auditRoutes) search(ctx context.Context, a access.Actor, in *auditIn) (*Reply[ListOf[AuditLine]], error) {
	page, err := r.log.Search(ctx, a, audit.Query{
		Patient: in.Patient, Record: in.Record, Account: in.Account,
		From: in.From, Until: in.Until, Limit: in.Limit, Cursor: in.Cursor,
	})
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, auditLine), nil
}

// AuditProof says whether the audit is whole.
type AuditProof struct {
	Whole  bool         `json:"whole"`
	Broken *AuditBroken `json:"broken,omitempty" doc:"The first block that is not as it was written."`
	Chains []AuditChain `json:"chains" nullable:"false"`
}

// AuditBroken says where the audit was tampered with, and how.
type AuditBroken struct {
	Chain string `json:"chain"`
	Block string `json:"block"`
	How   string `json:"how" enum:"altered,forged,removed,moved,cut-off,head-removed,head-altered"`
}

// AuditChain is one chain that was walked.
type AuditChain struct {
	Chain   string `json:"chain"`
	Blocks  int64  `json:"blocks"`
	Entries int64  `json:"entries"`
	Sum     string `json:"sum" doc:"Hash of the last block. Noted down elsewhere it proves that the chain was not written anew."`
}

func (r auditRoutes) verify(ctx context.Context, a access.Actor, _ *none) (*Reply[AuditProof], error) {
	proofs, err := r.log.Verify(ctx, a)
	v := AuditProof{Whole: err == nil, Chains: []AuditChain{}}
	var broken *audit.Broken
	switch {
	case errors.As(err, &broken):
		found := AuditBroken(*broken)
		v.Broken = &found
	case err != nil:
		return nil, err
	}
	for _, p := range proofs {
		v.Chains = append(v.Chains, AuditChain(p))
	}
	return reply(0, v), nil
}
