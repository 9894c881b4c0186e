// Package web is the web app that people use housecall with: an ordinary npm project in this folder
// (TypeScript, Preact, Vite), built into dist, which is committed and embedded, so that a clone needs
// Go alone. Only who changes the app needs Node 20: `npm ci` and `npm run dev` here, beside a running
// demo, then `npm run build`. scripts/check builds it again and compares.
//
// # How it is laid out
//
//	src/client   what talks to the server: calls, the live feed, what is kept on the device, the queue for later
//	src/words    the catalogue's machinery; the words themselves stand beside the screens
//	src/style    tokens.css (colours, type, space, as drawn), ground.css, and what the parts need
//	src/parts    what two screens share: button, field, card, sheet, notice, clock, tabs, rail, list, map, chart, camera
//	src/call     the video call
//	src/screens  one folder for each sort of person, one file for each screen
//	src/api.gen.ts  every route with its input and answer, written from the API's description by
//	             `go test ./internal/web -update`
//
// # How a screen is added
//
// Write src/screens/<who>/<screen>.tsx that exports `default` a component; it gets the parameters of its
// address as props. Its words go into words.ts of that folder: `both({en: {...}, zh: {...}})`, where a
// missing key fails the build. Add its line to src/screens/<who>/routes.ts: an address, and an import
// that is loaded when it is first opened. A screen is
//
//	export default function Screen({ id }: { id: string }) {
//		const w = words();
//		const order = useLive(`order ${id}`, () => call("GET /orders/{id}", { path: { id } }));
//		return <Page title={w.title} of={order}>{(o) => <Card>...</Card>}</Page>;
//	}
//
// useLive loads, keeps the last state on the device for when the network is away, and loads again by
// itself when the live feed says that something happened. Page draws what every screen has: its shape
// in grey while it loads, the error and what to do, the bar when the network is away, one h1 that takes
// the focus. act() runs a step once whatever happens to the network: the key of a press is kept until
// it is answered, and a session that has ended asks to sign in and goes on. What a story touches
// carries data-test.
package web
