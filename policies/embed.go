// Package policies holds the rules of housecall as data: who may do what, and what the law of a
// place asks.
package policies

import "embed"

// Model is the Casbin model.
//
//go:embed model.conf
var Model string

// Rules are the rows of the access policy.
//
//go:embed rules.csv
var Rules string

// Jurisdictions are the packs of the places, one file each.
//
//go:embed jurisdictions/*.yaml
var Jurisdictions embed.FS
