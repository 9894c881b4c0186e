package audit

import (
	"context"
	"errors"
	"fmt"

	"housecall/internal/docstore"
	"housecall/internal/fault"
)

// Broken says where the audit was tampered with, and how.
type Broken struct {
	Chain string `json:"chain"`
	Block string `json:"block" doc:"Id of the first block that is not as it was written."`
	How   string `json:"how" enum:"altered,forged,removed,moved,cut-off,head-removed,head-altered"`
}

// Error implements error.
func (b *Broken) Error() string { return fmt.Sprintf("audit block %s is %s", b.Block, b.How) }

// Proof is what Verify found. Note Sum down elsewhere now and then: it proves that the chain was not
// written anew by somebody who has the key.
type Proof struct {
	Chain   string `json:"chain"`
	Blocks  int64  `json:"blocks"`
	Entries int64  `json:"entries"`
	Sum     string `json:"sum" doc:"Hash of the last block; it stands for the whole chain."`
}

// Verify walks every chain from its first block and answers how long each is. A *Broken error names
// the first block that was altered, forged without the key, removed, moved or cut off.
func (t *Trail) Verify(ctx context.Context) ([]Proof, error) {
	chains, err := t.chains(ctx)
	if err != nil {
		return nil, err
	}
	proofs := make([]Proof, 0, len(chains))
	for _, chain := range chains {
		p, err := t.verifyChain(ctx, chain)
		if err != nil {
			return proofs, err
		}
		proofs = append(proofs, p)
	}
	return proofs, nil
}

// chains lists the chains that have a head or a first block.
func (t *Trail) chains(ctx context.Context) ([]string, error) {
	const most = 10_000
	heads, err := t.heads.All(ctx, docstore.Query{Index: "all", Equal: "all"}, most)
	if err != nil {
		return nil, fmt.Errorf("list audit chains: %w", err)
	}
	firsts, err := t.blocks.All(ctx, docstore.Query{Index: "first", Equal: "first"}, most)
	if err != nil {
		return nil, fmt.Errorf("list audit chains: %w", err)
	}
	var names []string
	seen := map[string]bool{}
	for _, h := range heads {
		names, seen[h.Chain] = append(names, h.Chain), true
	}
	for _, b := range firsts {
		if !seen[b.Chain] {
			names = append(names, b.Chain)
		}
	}
	return names, nil
}

// verifyChain reads blocks by number. The head is read first: blocks written meanwhile come after it.
func (t *Trail) verifyChain(ctx context.Context, chain string) (Proof, error) {
	head, err := t.verifyHead(ctx, chain)
	if err != nil {
		return Proof{}, err
	}
	last, err := t.blocks.Find(ctx, docstore.Query{Index: "chain", Equal: chain, Descending: true, Limit: 1})
	if err != nil {
		last.Items = nil // one that can't even be read is found below
	}
	until := head.N
	if len(last.Items) > 0 {
		until = max(until, last.Items[0].N)
	}
	p := Proof{Chain: chain}
	for n := int64(1); ; n++ {
		b, err := t.blocks.Get(ctx, string(blockID(chain, n)))
		if fault.Is(err, fault.NotFound) {
			return p, t.ended(chain, n, until, last)
		}
		if err := t.verifyBlock(chain, n, p.Sum, b, err); err != nil {
			return p, err
		}
		if n == head.N && head.Sum != b.Sum {
			return p, &Broken{chain, string(b.ID), "forged"}
		}
		p.Blocks, p.Entries, p.Sum = n, p.Entries+int64(len(b.Entries)), b.Sum
	}
}

func (t *Trail) verifyHead(ctx context.Context, chain string) (*Head, error) {
	head, err := t.heads.Get(ctx, headID(chain))
	if fault.Is(err, fault.NotFound) {
		return nil, &Broken{chain, headID(chain), "head-removed"}
	}
	if err != nil {
		return nil, fmt.Errorf("read head of audit chain %s: %w", chain, err)
	}
	if !sealed(t.key, head.Seal, headParts(chain, head.N, head.Sum)...) {
		return nil, &Broken{chain, headID(chain), "head-altered"}
	}
	return head, nil
}

// ended judges a number that is not there: the end, or a gap, or an end that was cut off.
func (t *Trail) ended(chain string, n, until int64, last docstore.Page[Block]) error {
	if n > until {
		return nil
	}
	if len(last.Items) > 0 && last.Items[0].N > n {
		return &Broken{chain, string(blockID(chain, n)), "removed"}
	}
	return &Broken{chain, string(blockID(chain, n)), "cut-off"}
}

func (t *Trail) verifyBlock(chain string, n int64, prev string, b *Block, err error) error {
	broken := func(how string) error { return &Broken{chain, string(blockID(chain, n)), how} }
	if err != nil {
		if errors.Is(err, docstore.ErrUnreadable) {
			return broken("altered")
		}
		return fmt.Errorf("read audit block %s: %w", blockID(chain, n), err)
	}
	sum, err := b.hash()
	switch {
	case err != nil:
		return err
	case sum != b.Sum:
		return broken("altered")
	case !sealed(t.key, b.Seal, b.Sum):
		return broken("forged")
	case b.ID != blockID(chain, n) || b.N != n || b.Chain != chain || b.Prev != prev:
		return broken("moved")
	}
	return nil
}
