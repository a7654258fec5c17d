// Package redisconn is how Rollcall talks to Redis, whatever its shape: one
// server, a Sentinel set or a Cluster. It reads the address, sets the clients
// and says at start what the server promises.
package redisconn
