// Package natsbus lets bots push score events over NATS: it runs a NATS server
// inside the node and answers their requests.
//
// A bot requests on rollcall.v1.push.<board> with the events as JSON and is
// answered {"results":[…]} or {"error":{…}}, as over HTTP:
//
//	nats --user bot --password "$KEY" request rollcall.v1.push.finals \
//	    '[{"member":"alok","op":"incr","score":10,"source":"judge-1","seq":42}]'
//
// It is a request server only: no JetStream, clustering, WebSocket, monitoring
// or signal handling, and no traffic from one bot to another.
//
// # Who is asking
//
// A connection shows its token when it connects: auth_token, or any user name
// with the token as password. NATS subjects do not say who published, and
// headers and reply subjects are the sender's own word. So every principal
// gets a NATS account of its own (a private space of subjects) whose only way
// out is a service import:
//
//	rollcall.v1.push.*  in the bot's account  →  rollcall.bot.<n>.<board>  in the hub's
//
// The server rewrites the subject, so <n> cannot be forged, and what a push
// may do follows from it. Because inboxes live in the private account too, one
// bot can neither read nor write another's answers, and bots keep their
// library's default inbox prefix _INBOX: there is nothing to configure.
// Connections of one principal share an account.
//
// Within its account a bot may publish on the push subjects of its boards
// and subscribe to _INBOX.>; everything else is a permissions violation. A
// connection is closed when its token expires.
//
// # Order and bounds
//
// Requests of one principal to one board are answered one after the other, in
// the order they came, so a bot may pipeline its sequence numbers. What waits
// is bounded in number and bytes; over the bound the answer is busy, with
// retry_after_ms.
package natsbus
