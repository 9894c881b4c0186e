// Package dispatcher runs dispatch for the zones whose lease this node holds. Whatever changes the
// picture (a job planned, declined or unanswered, a courier on shift or free again) has the zone
// planned at once, at most once a second; every ten seconds it is planned in any case. A plan's
// offers are carried out by delivery, which refuses what another node has done meanwhile: a
// conflict is no mistake, the zone is planned again.
//
// A lease only saves work. Two nodes that both believe they hold a zone do no harm: the versions of
// shift and job decide.
package dispatcher
