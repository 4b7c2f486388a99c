package customer

import "regexp"

// MaxID is how many characters a customer's id may have.
const MaxID = 128

var validID = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._:|@+=-]{0,127}$`)

// IDRule says what an id must be to be valid.
const IDRule = "must be up to 128 letters, digits and . _ - : | @ + =, the first a letter, a digit, _ or -"

// ValidID says whether s can be a customer's id. Most ids of other platforms are valid, such as
// auth0|5f7c, eu-west-1:4f0e and -Mabc. Not allowed are # and ~, which separate the parts of keys,
// and / ? %, which a gateway decodes in a path.
func ValidID(s string) bool { return validID.MatchString(s) }
