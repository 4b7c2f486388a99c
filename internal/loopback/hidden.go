package loopback

import (
	"crypto/rand"
	"net"
	"runtime"
)

// Hidden returns an address of this machine that no web page can guess, for servers without checks of their own: 127 and
// three random bytes, all of which is loopback on Linux. With the port a page has to guess about 39 bits, one address
// at a time. On other systems it is 127.0.0.1.
func Hidden() string {
	if runtime.GOOS != "linux" {
		return "127.0.0.1"
	}
	for {
		ip := net.IPv4(127, 0, 0, 0).To4()
		_, _ = rand.Read(ip[1:]) // never fails
		if ip[1] != 0 {          // 127.0.x.x: other programs may listen there, and pages try it
			return ip.String()
		}
	}
}
