package clics_test

import (
	"bytes"
	"fmt"
	"testing"

	"rollcall/contest/clics"
)

// largeFeed is of the size of the largest contest known: an online round of
// 2,755 teams and 33,000 submissions.
func largeFeed() []byte {
	var b bytes.Buffer
	b.WriteString(head)
	for i := range 12 {
		fmt.Fprintf(&b, `{"type":"problems","id":"p%d","data":{"id":"p%d","label":"%c","ordinal":%d}}`+"\n", i, i, 'A'+i, i)
	}
	for i := range 2755 {
		fmt.Fprintf(&b, `{"type":"teams","id":"t%d","data":{"id":"t%d","name":"Team %d"}}`+"\n", i, i, i)
	}
	for i := range 33_000 {
		s := i * 18000 / 33_000
		at := fmt.Sprintf("%d:%02d:%02d.000", s/3600, s/60%60, s%60)
		id := fmt.Sprint(i)
		verdict := "WA"
		if i%5 < 2 {
			verdict = "AC"
		}
		b.WriteString(sub("s"+id, fmt.Sprintf("t%d", i*7919%2755), fmt.Sprintf("p%d", i*31%12), at))
		b.WriteString(jud("j"+id, "s"+id, "", `"start_contest_time":"`+at+`"`))
		b.WriteString(jud("j"+id, "s"+id, verdict, `"start_contest_time":"`+at+`","end_contest_time":"`+at+`"`))
	}
	return b.Bytes()
}

func BenchmarkLargestContest(b *testing.B) {
	file := largeFeed()
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := clics.Events(bytes.NewReader(file))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(r.Len()), "events")
	}
}
