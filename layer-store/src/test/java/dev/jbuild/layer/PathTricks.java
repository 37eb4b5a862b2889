package dev.jbuild.layer;

import static dev.jbuild.layer.Trick.OUTSIDE;
import static dev.jbuild.layer.Trick.contained;
import static dev.jbuild.layer.Trick.refused;
import static dev.jbuild.layer.Trick.tar;

import java.util.stream.Stream;

/** Ways out of a layer: by a name, through a link, with a whiteout. */
final class PathTricks {
  private PathTricks() {}

  static Stream<Trick> names() {
    return Stream.of(
        refused("fileUpAndOut", tar().file("../evil", "x").end(), "leaves the layer's root"),
        refused("fileUpInTheMiddle", tar().file("a/../../evil", "x").end(), "leaves the layer's"),
        refused("directoryUpAndOut", tar().dir("../evil/").end(), "leaves the layer's root"),
        refused("directoryIsParent", tar().dir("..").end(), "leaves the layer's root"),
        refused("symlinkNamedUp", tar().symlink("../evil", "x").end(), "leaves the layer's root"),
        refused("hardlinkNamedUp", tar().file("f", "x").hardlink("../evil", "f").end(), "leaves"),
        refused("deviceNamedUp", tar().device('3', "../evil", 1, 3).end(), "leaves the layer's"),
        refused("paxPathUp", tar().pax("path", "../../evil").file("ok", "x").end(), "leaves"),
        refused(
            "longNameUp",
            tar().entry('L', "././@LongLink", "", "../evil\0").file("ok", "x").end(),
            "leaves"),
        refused("globalPaxPathUp", tar().global("path", "../evil").file("ok", "").end(), "leaves"),
        refused(
            "sparseNameUp", tar().pax("GNU.sparse.name", "../evil").file("ok", "").end(), "leaves"),
        contained("absoluteFile", tar().file("/etc/evil", "x").end(), "etc/evil"),
        contained("manySlashes", tar().file("//a///b", "x").end(), "a/b"),
        contained("upInsideTheRoot", tar().file("a/b/../../c", "x").end(), "c"),
        refused("rootReplacedByFile", tar().file(".", "x").end(), "replaces the root"),
        refused("rootReplacedByLink", tar().symlink("./", "/etc").end(), "replaces the root"),
        refused("emptyName", tar().file("", "x").end(), "replaces the root"),
        refused(
            "nulInPaxPath", tar().pax("path", "a\0b").file("ok", "x").end(), "contains a NUL byte"),
        refused(
            "componentTooLong",
            tar().pax("path", "n".repeat(256)).file("ok", "").end(),
            "file name too long"),
        refused(
            "pathTooLong",
            tar().pax("path", "n/".repeat(5000)).dir("ok").end(),
            "longer than the limit of 8192"));
  }

  static Stream<Trick> links() {
    return Stream.of(
        contained(
            "fileThroughAbsoluteSymlink",
            tar().symlink("l", OUTSIDE).file("l/evil", "x").end(),
            "l",
            "outside/evil"),
        contained(
            "fileThroughUpwardSymlink",
            tar().symlink("l", "../../../../../../../.." + OUTSIDE).file("l/evil", "x").end(),
            "l",
            "outside/evil"),
        contained(
            "fileThroughChainOfSymlinks",
            tar()
                .symlink("a", "b")
                .symlink("b", "c")
                .symlink("c", OUTSIDE)
                .file("a/evil", "")
                .end(),
            "a",
            "b",
            "c",
            "outside/evil"),
        contained(
            "directoryThroughSymlink",
            tar().symlink("l", OUTSIDE).dir("l/evil").end(),
            "l",
            "outside/evil"),
        contained(
            "symlinkOverwrittenByFile",
            tar().symlink("l", OUTSIDE + "/secret").file("l", "overwritten").end(),
            "l"),
        contained(
            "symlinkOverwrittenByDirectory",
            tar().symlink("l", OUTSIDE).dir("l").file("l/evil", "x").end(),
            "l/evil"),
        contained(
            "directorySwappedForSymlinkMidStream",
            tar().dir("d").file("d/a", "1").symlink("d", OUTSIDE).file("d/evil", "x").end(),
            "d",
            "outside/evil"),
        contained(
            "symlinkToRootAndBack",
            tar().symlink("r", "/").file("r/r/r/evil", "x").end(),
            "evil",
            "r"),
        refused(
            "symlinkLoop",
            tar().symlink("a", "b").symlink("b", "a").file("a/evil", "x").end(),
            "goes through too many links"),
        refused("symlinkToItself", tar().symlink("a", "a").file("a/x", "").end(), "too many links"),
        refused("symlinkWithoutTarget", tar().symlink("a", "").end(), "has an empty target"),
        refused(
            "fileThroughFile",
            tar().file("f", "x").file("f/evil", "x").end(),
            "goes through \"f\", which is no directory"),
        refused(
            "hardlinkAbsolute",
            tar().hardlink("l", OUTSIDE + "/secret").end(),
            "which is not in this layer"),
        refused(
            "hardlinkUpAndOut",
            tar().hardlink("l", ".." + OUTSIDE + "/secret").end(),
            "leaves the layer's"),
        refused(
            "hardlinkThroughSymlink",
            tar().symlink("s", OUTSIDE).hardlink("l", "s/secret").end(),
            "which is not in this layer"),
        contained(
            "hardlinkToSymlinkOutside",
            tar().symlink("s", OUTSIDE + "/secret").hardlink("l", "s").end(),
            "l",
            "s"),
        contained(
            "fileWrittenThroughHardlinkedSymlink",
            tar()
                .symlink("s", OUTSIDE + "/secret")
                .hardlink("l", "s")
                .file("l", "overwritten")
                .end(),
            "l",
            "s"),
        refused(
            "hardlinkPaxPathUp",
            tar().pax("linkpath", ".." + OUTSIDE + "/secret").hardlink("l", "ok").end(),
            "leaves the layer's root"),
        refused(
            "hardlinkToDirectory", tar().dir("d").hardlink("l", "d").end(), "names the directory"),
        refused("hardlinkToRoot", tar().hardlink("l", "/").end(), "names the directory"),
        refused(
            "hardlinkToMissing", tar().hardlink("l", "none").end(), "\"none\", which is not in"),
        contained("hardlinkToItself", tar().file("f", "x").hardlink("f", "f").end(), "f"),
        refused(
            "hardlinkReplacesItsTargetsDirectory",
            tar().dir("d").file("d/f", "x").hardlink("d", "d/f").end(),
            "takes the place of its target"),
        refused(
            "hardlinkToWhiteout",
            tar().file(".wh.gone", "").hardlink("l", "gone").end(),
            "which is not in this layer"));
  }

  static Stream<Trick> whiteouts() {
    return Stream.of(
        refused("whiteoutOfParent", tar().file(".wh...", "").end(), "names no file"),
        refused("whiteoutOfDot", tar().file(".wh..", "").end(), "names no file"),
        refused("whiteoutOfNothing", tar().file("d/.wh.", "").end(), "names no file"),
        refused("whiteoutUpAndOut", tar().file("../.wh.outside", "").end(), "leaves the layer's"),
        contained(
            "whiteoutThroughSymlink",
            tar().symlink("l", OUTSIDE).file("l/.wh.secret", "").end(),
            "l",
            "outside/secret"),
        contained(
            "opaqueThroughSymlink",
            tar().symlink("l", OUTSIDE).file("l/.wh..wh..opq", "").end(),
            "l",
            "outside"),
        contained("whiteoutOfOwnFileKeepsIt", tar().file("f", "x").file(".wh.f", "").end(), "f"),
        contained("whiteoutDirectory", tar().dir(".wh.d").file("x", "").end(), "d", "x"),
        contained(
            "aufsBookkeeping", tar().file(".wh..wh.plnk/1", "").file(".wh..wh.aufs", "").end()),
        refused("overlayWhiteoutDevice", tar().device('3', "c", 0, 0).end(), "device 0:0"),
        contained(
            "overlayAttributes",
            tar()
                .pax(
                    "SCHILY.xattr.trusted.overlay.redirect", "/../../outside",
                    "SCHILY.xattr.user.overlay.redirect", "/../../outside",
                    "SCHILY.xattr.user.overlay.opaque", "y")
                .dir("d")
                .end(),
            "d"),
        contained(
            "securityLabels",
            tar()
                .pax(
                    "SCHILY.xattr.security.selinux", "system_u:object_r:shadow_t:s0",
                    "SCHILY.xattr.security.ima", "x",
                    "SCHILY.xattr.system.posix_acl_access", "x")
                .file("f", "")
                .end(),
            "f"));
  }
}
