// Package fanout is the engine that brings frames to sockets: views that hold
// their newest state and a short ring of deltas, cursors instead of queues,
// and one path by which every byte of a connection leaves.
//
// A slow session costs its cursor and nothing more: it is handed the newest
// snapshot when it can be written to again. Only control answers are queued,
// and that queue is bounded.
//
// The seam runs between Outbox and Conn. An Outbox says what is ready; a Conn
// decides when and how the bytes leave. Today a Conn has one writer goroutine;
// nothing outside this package depends on that.
//
// It is not for deciding what a frame says: it knows no board, no room and no
// JSON. A publisher and a session look like this:
//
//	view := fanout.NewView()
//	view.Publish(fanout.State{At: "e:2", From: "e:1", Delta: delta, Snapshot: encode})
//
//	ws, conn, err := fanout.Upgrade(w, r, &upgrader, nil, limits, cfg)
//	wg.Go(func() { reason, err := conn.Run(ctx); … })
//	conn.Outbox().Send(answer)                    // first the answer,
//	cursor := view.Attach(conn.Outbox(), "e:1")   // then the view's frames
//
// Lock order: Outbox.mu, then View.mu or View.subsMu. Conn.mu is never held
// with another. No lock but View.building is held while a Snapshot function
// runs, and none but a Conn's writer touches a socket.
package fanout
