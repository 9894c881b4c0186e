// Package httpapi is housecall's HTTP API, on Gin: every action of the chain under /api/v1. It
// decodes, asks the route's question of the policy, calls one service, and encodes the answer; it
// decides nothing.
//
// One resource is one file. Its function lists its routes, a line each, with the action that
// policies/rules.csv knows it by:
//
//	func Orders(orders *order.Service) []Route {
//		r := orderRoutes{orders}
//		return []Route{
//			post("/orders", "order.place", "Place an order", r.place).created(),
//			get("/orders/{id}", "order.read", "Read an order", r.read),
//			post("/orders/{id}/cancel", "order.cancel", "Cancel an order", r.cancel),
//			put("/orders/{id}/address", "order.readdress", "Change where it goes", r.readdress),
//		}
//	}
//
// A handler takes the actor as a parameter and answers faults:
//
//	func (r orderRoutes) read(ctx context.Context, a access.Actor, in *ByID) (*Reply[OrderView], error)
//
// What the core does for every route, so that no handler has to:
//   - the session (Bearer, or the cookie with an Origin check) becomes an access.Actor; 401, 403;
//   - POST needs an Idempotency-Key (400) unless the route is keyless(); the hash of actor, route, key
//     and body is Actor.Request;
//   - PUT and PATCH need If-Match (428): embed Edit in the input and pass in.Version() on;
//   - bodies: size (413), content type (415), strict JSON (400), unknown fields and wrong values (422);
//   - faults become application/problem+json; anything else is a 500 that tells only its reference;
//   - rate limits (429), time limits, one log line and one histogram sample for each request.
//
// View types are what is answered; they are written here, apart from what is stored. A view of a
// versioned document is answered by reply(version, view), which sets the ETag.
package httpapi
