package httpapi

import (
	"context"

	"housecall/internal/access"
	"housecall/internal/prescribing"
)

// Formulary are the routes of what can be prescribed, and of a doctor's own favourites in it.
func Formulary(prescriptions *prescribing.Service) []Route {
	r := formularyRoutes{prescriptions}
	return []Route{
		get("/formulary", "formulary.search", "Find medicines by generic, Chinese or other name, or ATC code", r.search),
		get("/formulary/words", "formulary.search", "List the coded words of a dosage", r.words),
		get("/formulary/names", "formulary.names", "List how medicines and forms are called in Chinese", r.names),
		get("/favourites", "favourite.write", "List your favourites", r.favourites),
		put("/favourites", "favourite.write", "Write your favourites anew", r.keep),
	}
}

type formularyRoutes struct{ prescriptions *prescribing.Service }

// MedicineView is one medicine that a search found.
type MedicineView struct {
	INN      string        `json:"inn"`
	NameZH   string        `json:"name_zh"`
	ATC      string        `json:"atc,omitempty"`
	Remote   string        `json:"remote" enum:"ok,care,blocked" doc:"Blocked: not prescribed by telemedicine."`
	Notes    string        `json:"notes,omitempty"`
	Products []ProductView `json:"products" nullable:"false"`
}

// ProductView is a medicine in one form and strength.
type ProductView struct {
	Code       string     `json:"code" doc:"Stable id, for example amoxicillin/capsule/500mg."`
	Form       string     `json:"form"`
	Strength   string     `json:"strength,omitempty"`
	DoseUnit   string     `json:"dose_unit" doc:"What a dose is counted in: tablet, mL, puff."`
	Route      string     `json:"route"`
	AdultUsual string     `json:"adult_usual,omitempty"`
	Weekly     bool       `json:"weekly" doc:"Taken once a week, never daily."`
	Scored     bool       `json:"scored"`
	ColdChain  bool       `json:"cold_chain"`
	Packs      []PackView `json:"packs" nullable:"false"`
}

// PackView is a usual pack.
type PackView struct {
	Size string `json:"size"`
	Unit string `json:"unit"`
}

type searchIn struct {
	Q     string `query:"q" minLength:"1" maxLength:"100" required:"true"`
	Limit int    `query:"limit" minimum:"1" maximum:"50" default:"20"`
}

func (r formularyRoutes) search(ctx context.Context, a access.Actor, in *searchIn) (*Reply[ListOf[MedicineView]], error) {
	hits, err := r.prescriptions.Search(ctx, a, in.Q, in.Limit)
	if err != nil {
		return nil, err
	}
	page := ListOf[MedicineView]{Items: make([]MedicineView, 0, len(hits))}
	for _, h := range hits {
		v := MedicineView{INN: h.Drug.INN, NameZH: h.Drug.NameZH, ATC: h.Drug.ATC, Remote: h.Drug.Remote, Notes: h.Drug.Notes}
		for _, p := range h.Products {
			v.Products = append(v.Products, productView(p))
		}
		page.Items = append(page.Items, v)
	}
	return reply(0, page), nil
}

func productView(p *prescribing.Product) ProductView {
	v := ProductView{
		Code: p.Code, Form: p.Form, Strength: p.Strength, DoseUnit: p.DoseUnit(), Route: p.Route(), AdultUsual: p.AdultUsual,
		Weekly: p.Weekly, Scored: p.Scored, ColdChain: p.Cold, Packs: []PackView{},
	}
	for _, k := range p.Packs {
		v.Packs = append(v.Packs, PackView{k.Size.String(), k.Unit})
	}
	return v
}

// WordsView is the coded words of a dosage by kind.
type WordsView struct {
	Words map[string][]WordView `json:"words"`
}

// WordView is a code with how it is said.
type WordView struct {
	Code string `json:"code"`
	EN   string `json:"en"`
	ZH   string `json:"zh"`
}

func (r formularyRoutes) words(ctx context.Context, a access.Actor, _ *none) (*Reply[WordsView], error) {
	words, err := r.prescriptions.Words(ctx, a)
	if err != nil {
		return nil, err
	}
	v := WordsView{Words: map[string][]WordView{}}
	for kind, all := range words {
		for _, w := range all {
			v.Words[kind] = append(v.Words[kind], WordView{w.Code, w.EN, w.ZH})
		}
	}
	return reply(0, v), nil
}

// NamesView is how medicines and forms are called in Chinese.
type NamesView struct {
	Medicines map[string]string `json:"medicines" doc:"By the first part of a product's code: amoxicillin."`
	Forms     map[string]string `json:"forms" doc:"By the second part: capsule."`
}

func (r formularyRoutes) names(ctx context.Context, a access.Actor, _ *none) (*Reply[NamesView], error) {
	medicines, forms, err := r.prescriptions.NamesZH(ctx, a)
	if err != nil {
		return nil, err
	}
	return reply(0, NamesView{medicines, forms}), nil
}

// FavouritesView is a doctor's list.
type FavouritesView struct {
	List []FavouriteView `json:"list" nullable:"false" maxItems:"200"`
}

// FavouriteView is a product and how it is taken, under a name.
type FavouriteView struct {
	Name    string               `json:"name" minLength:"1" maxLength:"100"`
	Product string               `json:"product" maxLength:"200"`
	Steps   []prescribing.Dosage `json:"steps" nullable:"false" maxItems:"12"`
}

func favouritesReply(f *prescribing.Favourites, err error) (*Reply[FavouritesView], error) {
	if err != nil {
		return nil, err
	}
	v := FavouritesView{List: make([]FavouriteView, 0, len(f.List))}
	for _, one := range f.List {
		v.List = append(v.List, FavouriteView(one))
	}
	return reply(f.Version, v), nil
}

func (r formularyRoutes) favourites(ctx context.Context, a access.Actor, _ *none) (*Reply[FavouritesView], error) {
	return favouritesReply(r.prescriptions.Favourites(ctx, a))
}

type keepIn struct {
	Edit
	Body FavouritesView
}

func (r formularyRoutes) keep(ctx context.Context, a access.Actor, in *keepIn) (*Reply[FavouritesView], error) {
	list := make([]prescribing.Favourite, 0, len(in.Body.List))
	for _, one := range in.Body.List {
		list = append(list, prescribing.Favourite(one))
	}
	return favouritesReply(r.prescriptions.KeepFavourites(ctx, a, in.Version(), list))
}
