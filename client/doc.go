// Package client talks to a Rollcall hub: it pushes score events, watches
// boards and rooms, joins rooms, and calls the HTTP API. Bots, dashboards, the
// command line and the tests use this package and nothing else.
//
// A Client holds one WebSocket connection and keeps it: after a loss it comes
// back with jittered backoff as the close code advises, joins its rooms again
// and resumes its views where they were; when the server has said after how long,
// then. A push that was under way is sent again under the same identity, so each
// event counts once.
//
// A Source keeps what was acknowledged until the server says that it is durable.
// If the server forgets some of it, as a store does that fails over to a replica
// which was behind, the Source sends that again, also while nobody pushes; each
// event still counts once. Option Ack asks for acks that outlive more.
//
//	c, err := client.Dial(ctx, "http://localhost:8080", client.Token(token))
//	if err != nil {
//		return err
//	}
//	defer c.Close()
//	judge, err := c.Source(ctx, "finals", "judge-1")
//	if err != nil {
//		return err
//	}
//	_, err = judge.Push(ctx, wire.Event{Member: "alok", Op: wire.OpIncr, Score: new(10.0)})
//
// Goroutines: a Client runs three (reader, writer, keeper of rooms and views)
// and one for each Source until Close, which waits for them. Its methods may be
// called from any goroutine.
//
// It is not for what a node does (package hub), and its outbox is in memory: what
// it holds ends with the process, and then only what was durable is safe from a
// store that forgets.
package client
