package e2e_test

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// device makes and shows passkeys for one browser: its owner is verified whenever that is asked, and there or not.
type device struct {
	b  *browser
	id webauthn.AuthenticatorID
}

func (b *browser) hasPasskeys() *device {
	b.t.Helper()
	d := &device{b: b}
	b.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		if _, err := cdp.Call(ctx, tab, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		made, err := cdp.Call(ctx, tab, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
		d.id = made.AuthenticatorID
		return err
	}))
	return d
}

// there says whether the owner touches the device when it asks. What it offers among the suggestions of a field is
// taken at once by who is there: nobody has to choose.
func (d *device) there(is bool) {
	d.b.t.Helper()
	d.b.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, webauthn.SetAutomaticPresenceSimulation, webauthn.SetAutomaticPresenceSimulationParams{AuthenticatorID: d.id, Enabled: is})
		return err
	}))
}

// isIn waits until nobody is asked who it is.
func (b *browser) isIn() {
	b.t.Helper()
	b.until("to be in", `document.querySelector('[data-test^="sign-in-"]') === null && `+test("tab-user")+` !== null`)
}

// signsOut leaves by Me.
func (b *browser) signsOut() {
	b.t.Helper()
	b.visit("/me")
	b.press("sign-out")
	b.press("sign-out-sure")
	b.sees("sign-in-address")
}

// addsPasskey adds one for this device.
func (b *browser) addsPasskey() {
	b.t.Helper()
	b.visit("/me")
	b.press("passkeys")
	b.sees("passkeys-page")
	b.press("add-passkey")
	b.sees("passkey")
}

func TestPatientAddsAPasskeySignsInByItAndRemovesIt(t *testing.T) {
	t.Parallel()
	b := phoneOf(t, "a patient")
	d := b.hasPasskeys()
	_, address := newcomerIn(t, b.town, "Pia Key", "1961-02-03", "female")
	b.signIn(address)

	b.addsPasskey()
	b.shot("passkeys-one")
	b.press("rename-passkey")
	b.types("passkey-name", "Pia's phone")
	b.press("save-passkey")
	b.seesText("Pia's phone")
	d.there(false)
	b.signsOut()
	b.shot("sign-in-passkey")
	d.there(true)
	b.press("by-passkey")
	b.isIn()
	b.visit("/passkeys")
	b.seesText("last used")

	d.there(false)
	b.press("remove-passkey")
	b.press("remove-sure") // and with it the session that it opened
	b.until("to be asked to sign in again", test("sign-in-again")+` ?? `+test("sign-in-address"))
	b.visit("/")
	b.sees("by-passkey")
	d.there(true)
	b.press("by-passkey")
	b.seesText("This passkey does not open an account here")
	b.signIn(address)
	b.visit("/passkeys")
	b.seesText("No passkey yet")
}

func TestAPasskeyIsOfferedInTheFieldWhereTheBrowserCan(t *testing.T) {
	t.Parallel()
	b := phoneOf(t, "a patient")
	d := b.hasPasskeys()
	_, address := newcomerIn(t, b.town, "Nora Key", "1971-02-03", "female")
	b.signIn(address)
	b.addsPasskey()
	d.there(false)
	b.signsOut()

	d.there(true)
	b.visit("/") // the field offers it, and who is there takes it

	b.isIn()
}

func TestDoctorSignsInAndSignsAPrescriptionByAPasskeyAlone(t *testing.T) {
	b := deskOf(t, "Dr Chen")
	d := b.hasPasskeys()
	b.signInStaff(chen)
	b.addsPasskey()
	d.there(false)
	b.signsOut()
	d.there(true)
	b.press("by-passkey")
	b.isIn()

	b.serverHas("the doctor to be in", "/me", `a.role === 'doctor'`)
	x := taleOf(t, "Ines Key").tells(nil).waits()
	x.isAdmitted(chen)
	b.visit("/d/visit/" + x.visit)
	b.sees("side-notes")
	b.keysOutside("p")
	b.prescribes("amox 500", "1 tid 5d pc")
	b.until("nothing that keeps it from being signed", can("review-sign"))
	b.chord(enter)
	b.sees("signing")
	b.until("the page to sign", test("signing")+`.querySelector('li') !== null`)
	b.shot("doctor-sign-by-passkey")
	b.press("sign-by-passkey")
	b.sees("rx-signed")
	b.serverHas("a signed prescription", "/visits/"+x.visit+"/prescriptions", `a.items[0].state === 'signed'`)
	x.post(x.patient, "/visits/"+x.visit+"/ticket", nil) // takes a seat in the call, so that it can be over
	x.post(x.doctor, "/visits/"+x.visit+"/complete", nil)
}

func TestWhoHasBeenInForAWhileShowsACodeBeforeAddingAPasskey(t *testing.T) {
	t.Parallel()
	b := phoneOf(t, "a patient")
	b.hasPasskeys()
	_, address := newcomerIn(t, b.town, "Otto Key", "1951-02-03", "male")
	b.signIn(address)
	b.visit("/passkeys")
	// Ten minutes are not waited for: the service's refusal is put before the app once, as it says it.
	b.eval(`(() => { const real = window.fetch; let once = true; window.fetch = (at, how) => {
		if (once && String(at).endsWith("/passkeys/options")) { once = false; return Promise.resolve(new Response(
			JSON.stringify({type: "https://housecall.example/problems/step-up-needed", status: 409}), {status: 409, headers: {"Content-Type": "application/problem+json"}})); }
		return real(at, how); }; })()`, nil)

	b.press("add-passkey")
	b.sees("still-you")
	b.press("still-go")
	b.sees("still-code")
	b.types("still-code", b.code(address))
	b.press("still-go")

	b.sees("passkey")
}
