// Package jwtauth says who a token is: it verifies JWTs signed with HS256 and
// API keys, and implements hub.Authenticator.
//
// A JWT is for people: it carries its own rights and must expire. An API key
// (rk_…) is for bots: its rights stand in a file, with a hash in place of the
// key, and it holds until its line is removed and the node restarted.
//
// It does not fetch keys, refresh tokens or revoke them.
package jwtauth
