// Package iam decides, as AWS documents it, whether the policies of the template allow the calls of a function. The local engines
// check no permissions, so this is where a missing permission shows before production, and one that is too wide.
//
// Only tests use it. It knows the effects, operators and forms that the template uses, and refuses any other: a policy that it
// misread would prove nothing. Resources are named as in the template ("Table", "Table/index/lists"), not by ARN.
package iam
