// Package clics turns a CLICS event feed, the log that contest control systems
// as DOMjudge and Kattis write, into the score events of a Rollcall board.
//
// It reads both forms of a feed, as one JSON notification a line:
//
//	2020-03:  {"type":"teams","id":"e7","op":"update","data":{"id":"12",…}}
//	2022-07+: {"type":"teams","id":"12","data":{…},"token":"t7"}
//
// In the second, data null deletes the object, and a list without id is the
// whole collection. Blank lines keep a connection alive and mean nothing;
// unknown types are ignored; objects may refer to objects that come later and
// may be sent again, the last state counts.
//
// The contest, judgement types, problems, groups, organizations and teams are
// taken in the state the feed ends with; submissions and judgements then count
// line by line. So the k-th event depends on the file alone: a team that was
// added at the end stands on the board from the start, and a penalty time that
// was corrected in mid-contest is corrected for all of it.
//
// Scoring is that of the ICPC ("pass-fail"), from the Contest API and the
// Contest Control System Requirements of icpc.io:
//
//   - a minute is the whole minutes of a contest time; before the start it is
//     0; from the contest's duration on a submission does not count at all;
//   - a submission's verdict is that of its latest judgement that is neither
//     valid:false nor current:false; none, or JE, is pending;
//   - a problem is solved by its first accepted submission, in order of contest
//     time, then of first appearance; it costs that minute and the penalty time
//     for each earlier rejection whose type has penalty:true;
//   - a cell counts what was judged up to and including the first accepted, and
//     what is pending before it.
//
// The package reads; it neither pushes nor waits (package client does), and it
// knows nothing of freezes: a feed holds what its reader was allowed to see.
package clics
