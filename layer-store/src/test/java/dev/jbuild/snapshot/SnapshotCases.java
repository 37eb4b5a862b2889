package dev.jbuild.snapshot;

import java.util.List;
import java.util.stream.Stream;

/**
 * What steps do to the base of {@link SnapshotterContract}, and what their layers must hold: by
 * kind, mode, owner and name.
 */
final class SnapshotCases {
  /** What every case starts from. */
  static final String BASE =
      """
      mkdir -p etc usr/bin var/log/app empty
      printf root > etc/passwd; printf group > etc/group; chmod 640 etc/group; chown 7:8 etc/group
      printf tool > usr/bin/tool; chmod 4755 usr/bin/tool
      ln -s usr/bin bin
      printf one > var/log/app/one; printf two > var/log/app/two; printf log > var/log/app.log
      ln usr/bin/tool usr/bin/same
      find . -exec touch -h -d @1000000000 {} +
      """;

  private SnapshotCases() {}

  /** One step over the base and what its layer must hold. */
  record Case(String name, String script, List<String> layer) {
    static Case of(String name, String script, String... layer) {
      return new Case(name, script, List.of(layer));
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        Case.of("nothing happens", "true"),
        Case.of("a file is made", "printf x > etc/new", "d 755 0:0 etc/", "f 644 0:0 etc/new 1"),
        Case.of(
            "a file is made in a new directory",
            "mkdir -p a/b; printf x > a/b/c",
            "d 755 0:0 a/",
            "d 755 0:0 a/b/",
            "f 644 0:0 a/b/c 1"),
        Case.of(
            "a file is changed",
            "printf toor > etc/passwd",
            "d 755 0:0 etc/",
            "f 644 0:0 etc/passwd 4"),
        Case.of(
            "a file is changed to the same size and time",
            "printf toor > etc/passwd; touch -d @1000000000 etc/passwd",
            "d 755 0:0 etc/",
            "f 644 0:0 etc/passwd 4"),
        Case.of(
            "only a mode changes",
            "chmod 600 etc/passwd",
            "d 755 0:0 etc/",
            "f 600 0:0 etc/passwd 4"),
        Case.of(
            "only an owner changes",
            "chown 3000000:1 etc/passwd",
            "d 755 0:0 etc/",
            "f 644 3000000:1 etc/passwd 4"),
        Case.of(
            "only a time changes",
            "touch -d @5 etc/passwd",
            "d 755 0:0 etc/",
            "f 644 0:0 etc/passwd 4"),
        Case.of(
            "an xattr is set",
            "setfattr -n user.k -v v etc/passwd",
            "d 755 0:0 etc/",
            "f 644 0:0 etc/passwd 4"),
        Case.of("a directory's mode changes", "chmod 700 empty", "d 700 0:0 empty/"),
        Case.of("the root's mode changes", "chmod 700 .", "d 700 0:0 ./"),
        Case.of("a file is copied up and not changed", "chmod 644 etc/passwd"),
        Case.of("a file is opened for writing and not changed", ": >> etc/passwd"),
        Case.of(
            "a file is removed", "rm etc/passwd", "d 755 0:0 etc/", "f 644 0:0 etc/.wh.passwd 0"),
        Case.of("a directory is removed", "rm -r var", "f 644 0:0 .wh.var 0"),
        Case.of(
            "all of a directory is removed",
            "rm var/log/app/*",
            "d 755 0:0 var/",
            "d 755 0:0 var/log/",
            "d 755 0:0 var/log/app/",
            "f 644 0:0 var/log/app/.wh..wh..opq 0"),
        Case.of(
            "a directory is removed and made again",
            "rm -r var/log/app; mkdir var/log/app; printf 3 > var/log/app/three",
            "d 755 0:0 var/",
            "d 755 0:0 var/log/",
            "d 755 0:0 var/log/app/",
            "f 644 0:0 var/log/app/.wh..wh..opq 0",
            "f 644 0:0 var/log/app/three 1"),
        Case.of(
            "a directory is made again with one of its files",
            "rm -r var/log/app; mkdir var/log/app; printf 3 > var/log/app/one",
            "d 755 0:0 var/",
            "d 755 0:0 var/log/",
            "d 755 0:0 var/log/app/",
            "f 644 0:0 var/log/app/one 1",
            "f 644 0:0 var/log/app/.wh.two 0"),
        Case.of(
            "a directory becomes a file",
            "rm -r var/log/app; printf x > var/log/app",
            "d 755 0:0 var/",
            "d 755 0:0 var/log/",
            "f 644 0:0 var/log/app 1"),
        Case.of(
            "a directory becomes a link",
            "rm -r var/log/app; ln -s /tmp var/log/app",
            "d 755 0:0 var/",
            "d 755 0:0 var/log/",
            "l 777 0:0 var/log/app -> /tmp"),
        Case.of(
            "a file becomes a directory",
            "rm etc/passwd; mkdir etc/passwd; printf x > etc/passwd/x",
            "d 755 0:0 etc/",
            "d 755 0:0 etc/passwd/",
            "f 644 0:0 etc/passwd/x 1"),
        Case.of("a link becomes a directory", "rm bin; mkdir bin", "d 755 0:0 bin/"),
        Case.of("a link gets another target", "ln -sfn usr bin", "l 777 0:0 bin -> usr"),
        Case.of("a link's owner changes", "chown -h 5:6 bin", "l 777 5:6 bin -> usr/bin"),
        Case.of("a file is made and removed", "printf x > etc/x; rm etc/x; mkdir q; rmdir q"),
        Case.of(
            "a file is removed and made again as it was",
            "rm etc/passwd; printf root > etc/passwd; touch -d @1000000000 etc/passwd"),
        Case.of(
            "a file is renamed",
            "mv etc/passwd etc/shadow",
            "d 755 0:0 etc/",
            "f 644 0:0 etc/.wh.passwd 0",
            "f 644 0:0 etc/shadow 4"),
        Case.of(
            "two names of one new file",
            "printf x > etc/a; ln etc/a empty/b",
            "d 755 0:0 empty/",
            "f 644 0:0 empty/b 1",
            "d 755 0:0 etc/",
            "h 644 0:0 etc/a => empty/b"),
        Case.of(
            "special files",
            "mkfifo p; mknod c c 1 3; mknod b b 7 0; chmod 600 p c b",
            "b 600 0:0 b",
            "c 600 0:0 c",
            "p 600 0:0 p"),
        Case.of(
            "a socket is left out",
            "perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local=>\"s\",Listen=>1) or die'"),
        Case.of(
            "set-id and sticky bits",
            "printf x > s; chmod 6711 s; mkdir t; chmod 1777 t",
            "f 6711 0:0 s 1",
            "d 1777 0:0 t/"),
        Case.of("a name that is not UTF-8", "printf x > $'\\xff\\xfe'", "f 644 0:0 \\xff\\xfe 1"),
        Case.of("a name with a newline", "printf x > $'a\\nb'", "f 644 0:0 a\\x0ab 1"),
        Case.of(
            "a long path",
            "mkdir -p "
                + "d".repeat(200)
                + "; printf x > "
                + "d".repeat(200)
                + "/"
                + "f".repeat(200),
            "d 755 0:0 " + "d".repeat(200) + "/",
            "f 644 0:0 " + "d".repeat(200) + "/" + "f".repeat(200) + " 1"),
        Case.of(
            "a name like a mark is no mark in the lower",
            "mkdir -p a/.b",
            "d 755 0:0 a/",
            "d 755 0:0 a/.b/"));
  }
}
