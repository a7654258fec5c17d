package redisboard

import (
	"os"

	"github.com/redis/go-redis/v9"
)

func init() {
	if f := os.Getenv("ZZ_APPLY"); f != "" {
		b, err := os.ReadFile(f)
		if err != nil {
			panic(err)
		}
		applyScript.Script = redis.NewScript(string(b))
	}
}
