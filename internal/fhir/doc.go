// Package fhir says in HL7 FHIR R4 what housecall knows of a person, so that they can take it elsewhere and
// other systems can read it.
//
// It is pure: it is given documents that their own services have handed out, and who may see them was asked
// there. Everything makes one Bundle of type collection of them; Find answers a search among them and Read
// picks one, as a server; SourceOf tells from a resource's id which document to ask for.
//
//	identity.Person         Patient
//	intake.Record           AllergyIntolerance, Condition (problem-list-item), MedicationStatement, Observation
//	consult.Visit           Encounter (class VR, virtual)
//	consult.Note            Condition (encounter-diagnosis), DocumentReference (the summary in plain words)
//	prescribing.Prescription  MedicationRequest, one for each medicine
//
// What was ended is not left out: it is inactive, with who said why. An id of ours becomes one of FHIR's
// with hyphens in place of underscores; the identifier beside it has it as it is.
package fhir
