// Package fhir says in HL7 FHIR R4 what housecall knows of a person, so that they can take it elsewhere.
//
// Everything makes one Bundle of type collection out of documents that their own services have handed
// out: who may see them was asked there. It reads nothing and writes nothing.
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
