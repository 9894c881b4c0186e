// Package jurisdiction answers what the rules of a place say on a day. The rules are dated data
// (policies/jurisdictions): id, from, until, a predicate of this package with its parameters, the
// decision, what to tell, the source. `house` holds everywhere; `de` adds to `eu`. The day is that of
// the patient's time zone. A fact that nobody gave decides the stricter way: what forbids then holds,
// what allows does not. Each decision names its rule, the day and the source.
package jurisdiction
