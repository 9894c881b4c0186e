package safety

// unknownDrugs reports what no list knows: a new medicine that can't be checked is stopped, a present
// one must be checked by hand and the doctor writes how.
func unknownDrugs(c *check) []Finding {
	var found []Finding
	for _, m := range c.all() {
		switch {
		case m.drug == nil && m.new:
			found = append(found, finding(KindUnknownDrug, HardStop, "unknown-new", []string{m.INN},
				"This medicine is in no list of this service.", "A medicine that no list knows can't be checked.",
				"Choose a medicine from the formulary.", "HOUSECALL"))
		case m.drug == nil:
			found = append(found, finding(KindUnknownDrug, Warning, "unknown-present", []string{m.INN},
				"Taken at present, "+from(m.From)+"; no list of this service knows it.",
				"Nothing is checked against it: neither interactions nor doubled ingredients.",
				"Find out what it contains, and write how you checked it.", "HOUSECALL"))
		case m.new && !m.drug.Prescribable:
			found = append(found, finding(KindUnknownDrug, HardStop, "not-prescribable", []string{m.drug.INN},
				"This medicine is only recognised among present ones.", "Its doses and limits are not in the formulary.",
				"Choose a medicine from the formulary, or refer.", "HOUSECALL"))
		}
	}
	return found
}

// remoteBlocked stops medicines that must not be started without seeing the person.
func remoteBlocked(c *check) []Finding {
	var found []Finding
	for _, m := range c.proposed {
		if m.drug != nil && m.drug.Remote == "blocked" {
			found = append(found, finding(KindRemoteBlocked, HardStop, "remote", []string{m.drug.INN},
				"Not prescribed by telemedicine in this service.", m.drug.Notes,
				"Refer to a doctor in person.", m.drug.Sources))
		}
	}
	return found
}

func from(where string) string {
	if where == "" {
		return "as recorded"
	}
	return where
}
