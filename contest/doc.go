// Package contest reads the contest file: what an organiser writes down about
// one contest, for the pages to show.
//
//	id: spring-2026            # also the room and the default board
//	title: Spring Contest 2026
//	start: 2026-03-02T09:30:00+05:30
//	duration: 3h               # or end: 2026-03-02T12:30:00+05:30
//	problems:
//	  - {id: A, name: Two Sums, color: "#2f6fdf", points: 100}
//	participants:
//	  - {roll_number: 24CS001, student_name: Sainadh, department: CSE}
//
// Values are taken as they are written: the roll number 007 stays 007. Unknown
// and repeated keys are refused, and so are YAML's anchors, aliases and tags.
// Every error names the line and the field.
//
// Participants may also come as CSV (ReadParticipantsCSV). Scores do not come
// from here; package clics, below this one, reads them from event feeds.
package contest
