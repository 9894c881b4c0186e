package id

// The ids of housecall's documents. A Patient is the person a record is about, with or without an
// account; an Account is who signs in.
type (
	Account      string
	Patient      string
	Grant        string
	Session      string
	Invite       string
	Challenge    string
	Intake       string
	Attachment   string
	Visit        string
	Slot         string
	Note         string
	Prescription string
	Part         string
	Pharmacy     string
	Stock        string
	Fill         string
	Order        string
	Job          string
	Shift        string
	Zone         string
	Payment      string
	Entry        string
	Coupon       string
	Payout       string
	Case         string
	Application  string
	AuditBlock   string
	Message      string
	Event        string
	Address      string
	Login        string
	Recovery     string
	Recording    string
	Passkey      string
	Ceremony     string
	Invoice      string
)

func (Account) Prefix() string      { return "acc" }
func (Patient) Prefix() string      { return "pat" }
func (Grant) Prefix() string        { return "grt" }
func (Session) Prefix() string      { return "ses" }
func (Invite) Prefix() string       { return "inv" }
func (Challenge) Prefix() string    { return "chl" }
func (Intake) Prefix() string       { return "itk" }
func (Attachment) Prefix() string   { return "att" }
func (Visit) Prefix() string        { return "vis" }
func (Slot) Prefix() string         { return "slot" }
func (Note) Prefix() string         { return "note" }
func (Prescription) Prefix() string { return "rx" }
func (Part) Prefix() string         { return "part" }
func (Pharmacy) Prefix() string     { return "phm" }
func (Stock) Prefix() string        { return "stk" }
func (Fill) Prefix() string         { return "fill" }
func (Order) Prefix() string        { return "ord" }
func (Job) Prefix() string          { return "job" }
func (Shift) Prefix() string        { return "shf" }
func (Zone) Prefix() string         { return "zone" }
func (Payment) Prefix() string      { return "pay" }
func (Entry) Prefix() string        { return "led" }
func (Coupon) Prefix() string       { return "cpn" }
func (Payout) Prefix() string       { return "out" }
func (Case) Prefix() string         { return "case" }
func (Application) Prefix() string  { return "app" }
func (AuditBlock) Prefix() string   { return "aud" }
func (Message) Prefix() string      { return "msg" }
func (Event) Prefix() string        { return "evt" }
func (Address) Prefix() string      { return "adr" }
func (Login) Prefix() string        { return "lgn" }
func (Recovery) Prefix() string     { return "rcv" }
func (Recording) Prefix() string    { return "rec" }
func (Passkey) Prefix() string      { return "psk" }
func (Ceremony) Prefix() string     { return "cer" }
func (Invoice) Prefix() string      { return "ivc" }
