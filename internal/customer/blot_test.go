package customer

import (
	"bytes"
	"fmt"
	"testing"
)

func TestReasonsAreBlotted(t *testing.T) {
	maria := Profile{Organisation: "Alfreds Futterkiste", FirstName: "Maria-Luise", LastName: "O'Anders", Email: "ml.anders@example.com", Phone: "030 74"}
	wang := Profile{FirstName: "小明", LastName: "王"}
	zoe := Profile{FirstName: "Zoë", LastName: "Weiß", Email: "zoë.w@weiß-käse.example", Phone: "+49 30 0074321"}
	kim, lee := Profile{FirstName: "민준", LastName: "김"}, Profile{FirstName: "이슬", LastName: "이"}
	mueller := Profile{FirstName: "Jürgen Łukasz", LastName: "Müller-Sørensen", Phone: "٠٣٠ ٧٤"}
	for _, test := range []struct {
		name    string
		profile Profile
		reason  string
		want    string
	}{
		{"nothing personal", maria, "contract ended, see ticket 42", "contract ended, see ticket 42"},
		{"nothing at all", maria, "", ""},
		{"space stays as it is", maria, " asked  twice ", " asked  twice "},
		{"an address of anybody", Profile{}, "forward to bob@example.org, please", "forward to […], please"},
		{"an address in brackets", Profile{}, "Bob <bob@example.org>", "Bob <[…]>"},
		{"a phone number of anybody", Profile{}, "called from +49 (30) 0074-321 at noon", "called from […] at noon"},
		{"a short number", Profile{}, "order 10248 of 2024", "order 10248 of 2024"},
		{"a name in any case", maria, "ALFREDS closed", "[…] closed"},
		{"a name in the genitive", maria, "Alfreds' wish, Futterkiste's too", "[…]' wish, […]'s too"},
		{"with the typographic apostrophe", maria, "Futterkiste’s wish", "[…]’s wish"},
		{"a name in quotes", maria, "„Alfreds“ «Futterkiste» “Anders”", "„[…]“ «[…]» “[…]”"},
		{"one half of a double name", maria, "Luise called", "[…] called"},
		{"names joined by a stroke", maria, "Alfreds/Anders—closed", "[…]/[…]—closed"},
		{"the name within the address", maria, "login ml.anders failed", "login […].[…] failed"},
		{"a name with a tag", maria, "_anders_ *alfreds*", "_[…]_ *[…]*"},
		{"part of another word", maria, "andersen stays", "andersen stays"},
		{"the phone number however short", maria, "called from 74", "called from […]"},
		{"a name amid a text without spaces", wang, "王小明要求删除", "[…][…]要求删除"},
		{"a final sigma in capitals", Profile{LastName: "Παππάς"}, "ΠΑΠΠΆΣ called", "[…] called"},
		{"decomposed", zoe, "Zoe\u0308 Weiß called", "[…] […] called"},
		{"without its accent", zoe, "Zoe Weiss called", "[…] […] called"},
		{"in capitals, with another sharp s", zoe, "ZOË WEISS, Zoë WEIẞ", "[…] […], […] […]"},
		{"in full width", zoe, "Ｚｏｅ Ｗｅｉｓｓ called", "[…] […] called"},
		{"with a soft hyphen and a joiner", zoe, "Zo\u00adë Wei\u200dß called", "[…] […] called"},
		{"joined, either way", zoe, "login ZoeWeiss or weißzoë, @zoe_weiss", "login […] or […], @[…]_[…]"},
		{"joined with a number", zoe, "weiss1984 and 40weiss", "[…]1984 and 40[…]"},
		{"an escaped address", zoe, "mailto:zo%C3%AB.w%40weiss.example of weiss%40home", "mailto:zo%C3%AB.w%40[…].example of […]%40home"},
		{"the genitive without apostrophe", zoe, "Zoes Konto", "[…] Konto"},
		{"the domain in Punycode", zoe, "from xn--wei-kse-2va1c.example", "from […]--[…]-[…]-[…].example"},
		{"an address in capitals", zoe, "ZOË.W@WEISS-KÄSE.EXAMPLE asked", "[…] asked"},
		{"an address with a wide sign", zoe, "zoe＠home.example asked", "[…] asked"},
		{"an address spelled out", zoe, "zoe (at) weiss-kaese", "[…] (at) […]-[…]"},
		{"a phone number divided otherwise", zoe, "0 30, 0074, 321 called", "0 […], […] called"},
		{"with narrow spaces and hyphens", Profile{}, "030\u202f00\u201174\u00a0321 called", "[…] called"},
		{"in other digits", mueller, "030 74 called, or 03074", "[…] called, or […]"},
		{"an umlaut in two letters", mueller, "Juergen Mueller, Jurgen Muller", "[…] […], […] […]"},
		{"letters of their own, not decomposed by Unicode", mueller, "Lukasz Sorensen, LUKASZ SOERENSEN", "[…] […], […] […]"},
		{"Korean, joined and with a particle", kim, "김민준이 요청, 김 민준", "[…][…]이 요청, […] […]"},
		{"Korean, divided otherwise than in the profile", Profile{LastName: "김윤슬"}, "김 윤슬님, 김·윤슬, 소김 윤슬 김, 윤슬", "[…]님, […], 소김 윤슬 김, 윤슬"},
		{"Chinese, divided otherwise than in the profile", Profile{LastName: "李小明"}, "致李 小明 李 小 明的 李. 小明", "致[…] […]的 李. 小明"},
		{"Korean in letters, decomposed", kim, "\u1100\u1175\u11b7\u1106\u1175\u11ab\u110c\u116e\u11ab called", "[…][…] called"},
		{"a Korean name of one syllable within words", lee, "이슬이 보낸 나이", "[…][…] 보낸 나이"},
		{"kana in half width", Profile{LastName: "タナカ"}, "ﾀﾅｶさん", "[…]さん"},
		{"Thai", Profile{FirstName: "สมชาย"}, "คุณสมชายขอ", "คุณ[…]ขอ"},
		{"Arabic with vowels", Profile{FirstName: "محمد"}, "طلب مُحَمَّد", "طلب […]"},
		{"what organisations share", Profile{Organisation: "The Trial and Error GmbH"}, "the trial of and for a GmbH", "the […] of and for a GmbH"},
		{"the top level of a domain", Profile{Email: "w@hof.it"}, "keep it, hof", "keep it, […]"},
		{"a letter is no name", Profile{FirstName: "A", LastName: "Bo"}, "a wish of Bo", "a wish of […]"},
	} {
		got := Blot(test.reason, nil, &Customer{Profile: test.profile})
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
		if again := Blot(got, &Customer{Profile: test.profile}); again != got {
			t.Errorf("%s: blotted twice: %q", test.name, again)
		}
	}
}

func TestBothNamesOfARenamedCustomerAreBlotted(t *testing.T) {
	before, after := &Customer{Profile: Profile{LastName: "Anders"}}, &Customer{Profile: Profile{LastName: "Moreno"}}
	if got := Blot("Anders is Moreno now", before, after); got != "[…] is […] now" {
		t.Errorf("got %q", got)
	}
}

// TestAFormerNameIsBlotted renames customers. Only the fingerprints of the former names are stored.
func TestAFormerNameIsBlotted(t *testing.T) {
	was := Profile{FirstName: "Zoë", LastName: "Weiß", Email: "zoe@weiss.example", Phone: "030 7432"}
	for _, test := range []struct {
		name   string
		is     Profile
		reason string
		want   string
	}{
		{"of a former last name", Profile{FirstName: "Zoë", LastName: "Berg"}, "Zoe WEISS is Berg", "[…] […] is […]"},
		{"joined with a name that has stayed", Profile{FirstName: "Zoë", LastName: "Berg"}, "login zoeweiss", "login […]"},
		{"of a former phone number", Profile{LastName: "Berg"}, "called 0,30,74,32", "called […]"},
		{"of a former domain", Profile{FirstName: "Zoë", LastName: "Berg", Email: "zoe@berg.example"}, "used weiss.example", "used […].example"},
		{"of nobody", Profile{LastName: "Berg"}, "order 30 of 2024", "order 30 of 2024"},
	} {
		c := &Customer{ID: "zoe", Profile: test.is, Former: Former(nil).after("zoe", was, test.is)}
		if got := Blot(test.reason, c); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
	moved := Former(nil).after("zoe", Profile{LastName: "소연"}, Profile{LastName: "Berg"})
	if got := Blot("소연이 요청, 王小明", &Customer{ID: "zoe", Former: moved}); got != "[…]이 요청, 王小明" {
		t.Errorf("a name within a word: %q", got)
	}
}

// TestFormerWordsHaveALimit changes a name many times. Former names are blotted out as long as there is
// room for their fingerprints, and after that the whole reason is.
func TestFormerWordsHaveALimit(t *testing.T) {
	c := &Customer{ID: "zoe", Profile: Profile{LastName: "Name0"}}
	for i := 1; i < 40; i++ {
		next := Profile{LastName: fmt.Sprint("Name", i)}
		c.Former, c.Profile = c.Former.after(c.ID, c.Profile, next), next
		got := Blot("Name0 asked, not name99", c)
		if want := "[…] asked, not name99"; i <= maxFormer && got != want {
			t.Fatalf("%d names: %q", i, got)
		}
		if i > maxFormer && got != blotted {
			t.Fatalf("%d names: %q", i, got)
		}
	}
	if size := len(c.Former); size > 64 {
		t.Errorf("the fingerprints have %d bytes, want at most 64", size)
	}
	same := Former(nil).after("zoe", c.Profile, c.Profile)
	back := Former(nil).after("zoe", Profile{LastName: "A B"}, Profile{LastName: "B A", Phone: "030 7432"})
	if len(same)+len(back) > 0 {
		t.Errorf("words that are still in the profile are taken for former ones: %x, %x", same, back)
	}
	if bytes.Equal(fingerprintOf("zoe", "weiss"), fingerprintOf("ann", "weiss")) {
		t.Error("a name has the same fingerprint for two customers")
	}
}

// FuzzBlot puts a name between spaces into any reason. Blot must remove it.
func FuzzBlot(f *testing.F) {
	for _, seed := range [][2]string{{"Anders", "called"}, {"ÅSE", "’s wish"}, {"王明", "要求"}, {"o'neil-smith", "a@b"}, {"x1", "\xff"}, {"ǅx", "İ"}, {"ſtraße", "STRASSE"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, name, around string) {
		p := Profile{LastName: name}
		if p.Validate() != nil || ValidateReason(around, "") != nil {
			return
		}
		got := Blot(around+" "+name+" "+around, &Customer{Profile: p})
		for _, word := range wordLike().FindAllString(name, -1) {
			if len([]rune(word)) < 2 {
				continue
			}
			for _, left := range wordLike().FindAllString(got, -1) {
				if Fold(left) == Fold(word) {
					t.Fatalf("%q is left of %q: %q", word, name, got)
				}
			}
		}
	})
}
