package sim

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"

	"housecall/internal/access"
	"housecall/internal/id"
	"housecall/internal/identity"
	"housecall/internal/phi"
)

// DemoOperator, DemoPassword and DemoOperatorSecret sign the operator of a demo in. They exist in the demo alone,
// which every start prints.
const (
	DemoOperator = "operator@lampford.example"
	DemoPassword = "seven lamps at the ford"
)

// DemoOperatorSecret is the secret of the operator's authenticator.
func DemoOperatorSecret() string { return secretOf(DemoOperator) }

// Person is somebody of the demo, and how to sign in as them.
type Person struct {
	Role     access.Role
	Name     string
	Address  string // signs in with it; patients get a code there, which stands on the outbox page
	Password string // of staff
	Secret   string // of staff: of the authenticator
	Note     string // what they are for

	language    string
	born, sex   string
	counter     int // of a pharmacist: which one, from 1
	specialties []string
	languages   []string
	account     id.Account
	patient     id.Patient
	pharmacy    id.Pharmacy
}

// secretOf makes the well-known secret of a demo authenticator out of its address.
func secretOf(address string) string {
	sum := sha256.Sum256([]byte("lampford " + address))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:20])
}

const (
	mother   = "ada@lampford.example"
	daughter = "demo@lampford.example"
	father   = "tom@lampford.example"
)

// townspeople lists everybody, each call anew.
func townspeople() []*Person {
	all := []*Person{
		patientOf("Nora Whitlock", daughter, "1981-03-14", "female", "en", "daughter; may do everything for her mother Ada"),
		patientOf("Ada Whitlock", mother, "1949-11-02", "female", "en", "mother of Nora"),
		patientOf("Tom Ashdown", father, "1987-06-21", "male", "en", "father; his daughter Wren (4) is in his care"),
		patientOf("Hugo Penhallow", "hugo@lampford.example", "1972-01-30", "male", "en", "allergic to penicillin"),
		patientOf("Lin Meihua", "lin@lampford.example", "1990-08-08", "female", "zh", "speaks Chinese"),
		staff(access.Operator, "Olive Marsh", DemoOperator, "the whole town: who is late and why"),
		staff(access.Support, "Sam Tiller", "support@lampford.example", "cases, refunds"),
		staff(access.Auditor, "Edith Crane", "auditor@lampford.example", "who saw what"),
	}
	doctors := []struct{ name, address, specialty, language string }{
		{"Dr Miriam Vale", "vale@lampford.example", "", "zh"},
		{"Dr Joel Sparrow", "sparrow@lampford.example", "", ""},
		{"Dr Chen Yulan", "chen@lampford.example", "", "zh"},
		{"Dr Ruth Calder", "calder@lampford.example", "", ""},
		{"Dr Piet Hollander", "hollander@lampford.example", "paediatrics", "zh"},
		{"Dr Salma Reyes", "reyes@lampford.example", "dermatology", ""},
	}
	for _, d := range doctors {
		p := staff(access.Doctor, d.name, d.address, "general practice")
		p.specialties, p.languages = []string{"general"}, []string{"en"}
		if d.specialty != "" {
			p.specialties, p.Note = append(p.specialties, d.specialty), d.specialty
		}
		if d.language != "" {
			p.languages = append(p.languages, d.language)
			p.Note += ", en and " + d.language
		}
		all = append(all, p)
	}
	for i, c := range counters {
		for _, role := range []access.Role{access.Pharmacist, access.PharmacyStaff} {
			kind, names := "pharmacist", pharmacists
			if role == access.PharmacyStaff {
				kind, names = "staff", assistants
			}
			p := staff(role, names[i], fmt.Sprintf("%s%d@lampford.example", kind, i+1), c.name)
			p.counter, p.pharmacy = i+1, c.id()
			all = append(all, p)
		}
	}
	for i, name := range riders {
		all = append(all, staff(access.Courier, name, fmt.Sprintf("courier%d@lampford.example", i+1), "scooter"))
	}
	return all
}

func patientOf(name, address, born, sex, language, note string) *Person {
	return &Person{Role: access.Patient, Name: name, Address: address, Note: note, born: born, sex: sex, language: language}
}

func staff(role access.Role, name, address, note string) *Person {
	return &Person{Role: role, Name: name, Address: address, Password: DemoPassword, Secret: secretOf(address), Note: note, language: "en"}
}

func (p *Person) seed() identity.SeedAccount {
	return identity.SeedAccount{
		Enrolment: identity.Enrolment{
			Role: p.Role, Address: phi.Text(p.Address), Pharmacy: p.pharmacy,
			Profile: identity.Profile{Name: phi.Text(p.Name), Language: p.language, BirthDate: phi.Text(p.born), Sex: phi.Text(p.sex)},
		},
		Password: phi.Text(p.Password), TOTPSecret: phi.Text(p.Secret),
	}
}

func (p *Person) actor(req id.Request) access.Actor {
	return access.Actor{Account: p.account, Role: p.Role, Patient: p.patient, Pharmacy: p.pharmacy, Request: req}
}

var (
	pharmacists = []string{"Iris Fenwick", "Mats Lindqvist", "Gwen Tregarth", "Omar Haddad", "Bea Thornbury", "Kofi Mensa", "Yara Lund", "Felix Amber"}
	assistants  = []string{"Poppy Dray", "Leo Marchbank", "Anouk Weller", "Jonas Quill", "Tilly Sands", "Rafi Noor", "Mina Frost", "Gus Harrow"}
	riders      = []string{
		"Abel Finch", "Bruno Tate", "Cleo Ward", "Dina Voss", "Eli Stone", "Fay Rook", "Gil Hart", "Hana Pike", "Ivo Lark", "Jade Moor",
		"Kit Fenn", "Lola Crisp", "Milo Dunn", "Nell Brisk", "Otto Reed", "Pia Swift", "Quin Vane", "Rosa Hale", "Sol Berry", "Tess Wynn",
		"Uma Flood", "Vic Shore", "Wes Knoll", "Xena Drift", "Yves Glen",
	}
)
