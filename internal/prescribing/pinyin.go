package prescribing

import (
	_ "embed" // for the table below
	"strings"
	"sync"
)

// pinyinTable lists, for each first letter of pinyin, the Han characters that may be read so: all of the
// basic block, with every reading, for the name of a medicine says which only to who knows it. From the
// readings of github.com/mozillazg/pinyin-data (MIT), by way of go-pinyin v0.21.0.
//
//go:embed pinyin.txt
var pinyinTable string

// firstLetters answers by which letters the pinyin of a character may begin, a bit for each.
var firstLetters = sync.OnceValue(func() map[rune]uint32 {
	out := make(map[rune]uint32, 21_000)
	for line := range strings.Lines(pinyinTable) {
		letter, chars, _ := strings.Cut(strings.TrimSpace(line), " ")
		for _, c := range chars {
			out[c] |= letters(letter)
		}
	}
	return out
})

// initialsOf are the first letters of a Chinese name; nil when any of its characters has none.
func initialsOf(text string) []uint32 {
	var out []uint32
	for _, c := range text {
		set := firstLetters()[c]
		switch {
		case set != 0:
			out = append(out, set)
		case c >= 'a' && c <= 'z': // 维生素d
			out = append(out, 1<<(c-'a'))
		case c < 128: // figures and marks are not typed
		default:
			return nil
		}
	}
	return out
}

// The scores of a name that is asked for by its initials.
const (
	initialsWhole  = 78
	initialsBegin  = 72
	initialsWithin = 45
)

// initialsScore compares "amxl" with 阿莫西林. Two letters must be its beginning; four may stand within.
func initialsScore(initials []uint32, q string) int {
	if len(q) < 2 || len(q) > len(initials) {
		return 0
	}
	for i := range len(q) {
		if q[i] < 'a' || q[i] > 'z' {
			return 0
		}
	}
	for from := 0; from+len(q) <= len(initials); from++ {
		if !spells(initials[from:], q) {
			continue
		}
		switch {
		case from > 0 && len(q) < 4:
		case from > 0:
			return initialsWithin
		case len(q) == len(initials):
			return initialsWhole
		default:
			return initialsBegin
		}
	}
	return 0
}

func spells(initials []uint32, q string) bool {
	for i := range len(q) {
		if initials[i]&(1<<(q[i]-'a')) == 0 {
			return false
		}
	}
	return true
}
