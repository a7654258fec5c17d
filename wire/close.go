package wire

// Close codes of a WebSocket connection. Those from 4000 are ours.
const (
	CloseNormal       = 1000 // the client is done; rooms are left at once
	CloseGoingAway    = 1001 // page left or tab closed; rooms are left after the short grace
	CloseProtocol     = 1002 // frames that break RFC 6455
	CloseUnsupported  = 1003 // a binary frame
	CloseInvalidUTF8  = 1007 // a text frame that is not UTF-8
	CloseTooBig       = 1009 // a message over the limit
	CloseInternal     = 1011 // a defect of the server
	CloseRestart      = 1012 // the node is going down
	CloseAuthTimeout  = 4001 // no hello within the deadline
	CloseAuthFailed   = 4002 // the token was refused or has expired
	CloseSlow         = 4008 // the client does not read its answers
	CloseFlood        = 4029 // too many messages
	CloseTooManyConns = 4030 // too many connections of this address or user
)

// Return says whether a client that was closed should come back.
type Return string

// The three answers.
const (
	ReturnNow   Return = "now"   // at once, with jitter
	ReturnLater Return = "later" // with backoff
	ReturnNever Return = "never" // not with the same token or behaviour
)

// CloseAdvice is the row of one close code.
type CloseAdvice struct {
	Code    int    `json:"code"`
	Meaning string `json:"meaning"`
	Return  Return `json:"return"`
}

var closeTable = []CloseAdvice{
	{CloseNormal, "the client said goodbye", ReturnNever},
	{CloseGoingAway, "the client left the page", ReturnNow},
	{CloseProtocol, "a frame broke the WebSocket protocol", ReturnLater},
	{CloseUnsupported, "binary frames are not taken", ReturnNever},
	{CloseInvalidUTF8, "a text frame was not UTF-8", ReturnNever},
	{CloseTooBig, "a message was over the limit", ReturnLater},
	{CloseInternal, "the server failed", ReturnLater},
	{CloseRestart, "the node is going down", ReturnNow},
	{CloseAuthTimeout, "no hello came in time", ReturnLater},
	{CloseAuthFailed, "the token was refused or has expired", ReturnNever},
	{CloseSlow, "answers were not read", ReturnLater},
	{CloseFlood, "too many messages a second", ReturnLater},
	{CloseTooManyConns, "too many connections", ReturnLater},
}

// CloseTable returns every close code the server sends, with its advice.
func CloseTable() []CloseAdvice { return append([]CloseAdvice(nil), closeTable...) }

// AdviceOn returns the advice on a close code. A code outside the table, as
// 1006 for a broken connection, means: come back now.
func AdviceOn(code int) CloseAdvice {
	for _, row := range closeTable {
		if row.Code == code {
			return row
		}
	}
	return CloseAdvice{Code: code, Meaning: "the connection broke", Return: ReturnNow}
}
