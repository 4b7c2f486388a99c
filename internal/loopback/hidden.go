package loopback

import (
	"crypto/rand"
	"net"
	"runtime"
)

// Hidden is an address of this machine that no web page can guess, for servers that check nothing themselves: three
// random bytes after 127, all of which is loopback on Linux. With the port, some 39 bits are to be guessed, and a page
// has to try them one by one. Other systems listen on 127.0.0.1 only.
func Hidden() string {
	if runtime.GOOS != "linux" {
		return "127.0.0.1"
	}
	for {
		ip := net.IPv4(127, 0, 0, 0).To4()
		_, _ = rand.Read(ip[1:]) // never fails
		if ip[1] != 0 {          // where other programs may listen, and pages look
			return ip.String()
		}
	}
}
