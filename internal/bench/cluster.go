package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"lethe/internal/child"
)

// cluster is a PostgreSQL server of our own, as `initdb` configures it: durable, listening on a socket in its folder
// only.
type cluster struct {
	dir    string
	server *child.Process
	output strings.Builder
}

const (
	databaseUser = "lethe"
	startTimeout = 30 * time.Second
	stopGrace    = 10 * time.Second
)

// startCluster makes and starts a server in a folder. An *absentError says that there is no PostgreSQL.
func startCluster(ctx context.Context, dir string) (*cluster, error) {
	bin, err := postgresBinaries()
	if err != nil {
		return nil, err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	attr, err := otherThanRoot(dir)
	if err != nil {
		return nil, err
	}
	c := &cluster{dir: dir}
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", c.data(), "-U", databaseUser, "--auth=trust", "--encoding=UTF8", "--locale=C")
	initdb.Dir, initdb.SysProcAttr = dir, attr
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	server := exec.Command(filepath.Join(bin, "postgres"), "-D", c.data(), "-k", dir, "-c", "listen_addresses=")
	server.Dir, server.SysProcAttr = dir, attr
	server.Stdout, server.Stderr = &c.output, &c.output
	if c.server, err = child.Start(server); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

// connect returns when the server answers.
func (c *cluster) connect(ctx context.Context) (*pgxpool.Pool, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	pool, err := pgxpool.New(ctx, fmt.Sprintf("host=%s user=%s dbname=postgres", c.dir, databaseUser))
	if err != nil {
		return nil, err
	}
	for {
		refused := pool.Ping(ctx)
		if refused == nil {
			return pool, nil
		}
		select {
		case <-c.server.Done():
			return nil, fmt.Errorf("postgres has ended: %w\n%s", c.server.Err(), c.output.String())
		case <-ctx.Done():
			return nil, refused
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (c *cluster) stop() { c.server.Stop(stopGrace) }

// postgresBinaries finds the folder of initdb and postgres: first on the PATH, then the newest version that Debian installed.
func postgresBinaries() (string, error) {
	if initdb, err := exec.LookPath("initdb"); err == nil {
		if initdb, err = filepath.EvalSymlinks(initdb); err == nil {
			return filepath.Dir(initdb), nil
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is well formed
	if len(found) == 0 {
		return "", &absentError{"apt-get install postgresql"}
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return majorVersion(a) - majorVersion(b) })
	return filepath.Dir(newest), nil
}

func majorVersion(initdb string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb)))) // 0 if the name is not a number
	return n
}

// otherThanRoot makes the user postgres the owner of the folder, and runs the server as that user: PostgreSQL refuses to run as root.
func otherThanRoot(dir string) (*syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	owner, err := user.Lookup("postgres")
	if err != nil {
		return nil, errors.Join(&absentError{"apt-get install postgresql, or run this as another user than root"}, err)
	}
	uid, errUID := strconv.ParseUint(owner.Uid, 10, 32)
	gid, errGID := strconv.ParseUint(owner.Gid, 10, 32)
	if err := errors.Join(errUID, errGID); err != nil {
		return nil, err
	}
	credential := &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return &syscall.SysProcAttr{Credential: credential}, give(dir, int(uid), int(gid))
}

func give(dir string, uid, gid int) error {
	err := os.Chown(dir, uid, gid)
	if errors.Is(err, fs.ErrPermission) {
		return &absentError{"run this as another user than root: the folder can't be given to the user postgres"}
	}
	return err
}
