// Package natsbus is what rollcall does with NATS. It has two halves that do
// not know each other: Bus, how nodes tell each other what happened, over a
// NATS cluster that you run; and Server, a NATS server inside the node through
// which bots push.
//
//	bus, err := natsbus.Connect(ctx, natsbus.BusConfig{URLs: []string{"nats://nats-1,nats://nats-2"}, Node: id})
//
// # Why bots do not connect to the cluster
//
// A NATS message does not say who published it; headers and reply subjects are
// the sender's own word. So a push's sender must follow from something that he
// cannot choose: an account of his own. Rollcall knows its bots by tokens that
// come and go, and the Server makes an account for each as it connects. On a
// cluster the same would need accounts in the operator's configuration for
// every bot. A bot gains nothing there either: any node takes its push, and
// its SDK goes to the next one when a node dies. And the cluster then has one
// kind of client, which is easy to lock up.
//
// # The bus
//
// Subjects are <prefix>.board.<board> (deltas, and that a board was created or
// deleted), <prefix>.room.<00 to 63> (transitions of the rooms of one
// presence.Partition) and <prefix>.node. None has a wildcard: a node
// subscribes to what its sessions watch, and to nothing when the last stops.
//
// It delivers at most once, and says when it may not have: Doubt follows a new
// subscription, a new connection, and a message that was dropped because the
// listener was slow. What was published while there was no server is never
// sent later. Nothing but Connect and Close waits for the network. What the
// bus does not see (a publisher that died before it spoke, a route between
// servers that broke, a server that learns of a subscription some
// milliseconds late) is found by who polls the store.
//
// What arrives is decoded within limits and checked as if a stranger had sent
// it; what is not sound is counted by reason and not heard.
//
// # What the cluster must allow
//
// One user in an account that nobody else uses, which may publish and
// subscribe <prefix>.> and nothing else: no inboxes, no JetStream, no
// queue groups. Every other client belongs in another account: it can then
// neither hear the nodes nor speak to them. Without such an account whoever
// can connect can make nodes read the store again and again, and show boards
// that are wrong until the next look at the store. Routes need a password or
// certificates of their own, because they carry all accounts. The system's
// root certificates (or SSL_CERT_FILE) judge tls:// servers. deploy/nats.conf
// is such a configuration.
//
// # The server for bots
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
// A connection shows its token when it connects: auth_token, or any user name
// with the token as password. Every principal gets a NATS account of its own
// (a private space of subjects) whose only way out is a service import:
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
// Requests of one principal to one board are answered one after the other, in
// the order they came, so a bot may pipeline its sequence numbers. What waits
// is bounded in number and bytes; over the bound the answer is busy, with
// retry_after_ms.
package natsbus
