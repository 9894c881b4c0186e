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
	audit.Entry
	Block id.AuditBlock `json:"block" doc:"The sealed block that it stands in."`
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
	page, err := r.log.Search(ctx, a, audit.Query{Patient: in.Patient, Record: in.Record, Account: in.Account,
		From: in.From, Until: in.Until, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	return listed(page.Items, page.Next, func(l *audit.Line) AuditLine { return AuditLine{l.Entry, l.Block} }), nil
}

// AuditProof says whether the audit is whole.
type AuditProof struct {
	Whole  bool          `json:"whole"`
	Broken *audit.Broken `json:"broken,omitempty" doc:"The first block that is not as it was written."`
	Chains []audit.Proof `json:"chains" nullable:"false"`
}

func (r auditRoutes) verify(ctx context.Context, a access.Actor, _ *none) (*Reply[AuditProof], error) {
	proofs, err := r.log.Verify(ctx, a)
	v := AuditProof{Whole: err == nil, Chains: append([]audit.Proof{}, proofs...)}
	if err != nil && !errors.As(err, &v.Broken) {
		return nil, err
	}
	return reply(0, v), nil
}
