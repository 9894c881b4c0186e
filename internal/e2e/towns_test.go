package e2e_test

import (
	"testing"

	"housecall/internal/sim"
)

func TestAppOpensToTheLastStateWhileTheServiceCanNotBeReached(t *testing.T) {
	d, stop := ownTown(t, sim.DemoOptions{})
	x := taleIn(t, d, "Remote Rue").isSeen()
	b := openWide(t, d, "somebody in the hills", 390, 844)
	b.signIn(x.address)
	b.state(within, "home", "row", "signed")
	b.until("the app kept on the device", `navigator.serviceWorker.controller !== null || (navigator.serviceWorker.ready.then(() => window.__kept = true), window.__kept === true)`)
	b.reload()
	b.state(within, "home", "row", "signed")
	b.until("the app opened from the device", `navigator.serviceWorker.controller !== null`)

	b.marks()
	stop()
	b.reload()

	b.until("the page anew", `window.__same === undefined && document.readyState === 'complete'`)
	b.state(within, "home", "row", "signed")
	b.sees("offline")
	b.shot("home-without-service")
}
