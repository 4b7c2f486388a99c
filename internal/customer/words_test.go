package customer

import "testing"

func TestSpellingsOfAWordFoldToOne(t *testing.T) {
	for _, spellings := range [][]string{
		{"strassenbau", "Straßenbau", "STRASSENBAU", "STRAẞENBAU", "Straßen\u00adbau"},
		{"weiss", "Weiß", "WEISS"},
		{"οδοσ", "ΟΔΟΣ", "οδος", "ΟΔΌΣ", "οδός"},
		{"zoe", "Zoë", "Zoe\u0308", "ZOE"},
		{"nguyen", "Nguyễn", "NGUYE\u0302\u0303N"},
		{"isik", "Işık", "IŞIK", "işik", "İŞİK"},
		{"lukasz", "Łukasz", "ŁUKASZ"},
		{"sorensen", "Sørensen"},
		{"aeroe", "Ærøe", "ÆRØE"},
		{"федор", "Фёдор", "ФЕДОР"},
		{"office", "oﬃce", "ＯＦＦＩＣＥ"},
		{"محمد", "مُحَمَّد", "محمد"},
		{"שלום", "שָׁלוֹם"},
		{"रानी", "रानी"},
		{"குமார்", "குமார்"},
		{"สมชาย", "สมชาย"},
		{"น้ำ", "น้ำ", "น้ํา"}, // U+0E33, and the same decomposed
		{"ガス", "ｶﾞｽ", "カ\u3099ス"},
		{"김민준", "김민준", "\u1100\u1175\u11b7\u1106\u1175\u11ab\u110c\u116e\u11ab"},
		{"ශ්රී", "ශ්\u200dරී"},
		{"0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९", "０１２３４５６７８９"},
	} {
		for _, word := range spellings {
			if got := Fold(word); got != Fold(spellings[0]) || got != spellings[0] && !composed[spellings[0]] {
				t.Errorf("%q is folded to %+q, want %+q", word, got, spellings[0])
			}
		}
	}
}

// composed has the spellings above that fold to another form of the same text.
var composed = map[string]bool{"น้ำ": true}

func TestDifferentWordsStayDifferent(t *testing.T) {
	for _, pair := range [][2]string{
		{"かき", "かぎ"}, {"ハン", "パン"}, {"रानी", "रान"}, {"कुमार", "कमार"}, {"กา", "กี"}, {"Müller", "Mueller"}, {"Anna", "Ana"},
	} {
		if Fold(pair[0]) == Fold(pair[1]) {
			t.Errorf("%s and %s are folded to %s", pair[0], pair[1], Fold(pair[0]))
		}
	}
}

// FuzzFold folds any text. Folding it again must not change it.
func FuzzFold(f *testing.F) {
	for _, seed := range []string{"İstanbul", "ΐ", "ᾳ", "ﬀ\u0345", "\xff", "ǅ", "ẖ", "ſt"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, word string) {
		if once, twice := Fold(word), Fold(Fold(word)); once != twice {
			t.Fatalf("%+q is folded to %+q, and that to %+q", word, once, twice)
		}
	})
}

// TestPlainTextsFoldLikeOthers compares each printable character of ASCII with the same one in a text that has others, too.
func TestPlainTextsFoldLikeOthers(t *testing.T) {
	t.Parallel()
	for r := ' '; r <= '~'; r++ {
		text := "a" + string(r) + "Z"
		if got, want := Fold(text)+"e", Fold(text+"é"); got != want {
			t.Errorf("%q is folded to %q, want %q", text, got, want)
		}
	}
}
