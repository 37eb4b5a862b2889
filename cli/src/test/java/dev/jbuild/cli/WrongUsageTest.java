package dev.jbuild.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the command says of arguments that it cannot take, whole. */
class WrongUsageTest {
  @TempDir Path directory;
  private final TestConsole console = new TestConsole();

  record Row(String name, int code, String error, List<String> args) {
    static Row of(String name, int code, String error, String... args) {
      return new Row(name, code, error, List.of(args));
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Row> wrongUsage() {
    return Stream.of(
        Row.of(
            "unknown flag",
            2,
            "unknown flag \"--fiel\" for build\nhint: did you mean \"--file\"?\n",
            "build",
            "--fiel",
            "."),
        Row.of(
            "unknown flag without a near one",
            2,
            "unknown flag \"--zzzzzzz\" for build\nhint: see \"jbuild build --help\"\n",
            "build",
            "--zzzzzzz",
            "."),
        Row.of(
            "unknown flag as the first word",
            2,
            "unknown flag \"--frobnicate\" for build\nhint: see \"jbuild build --help\"\n",
            "--frobnicate"),
        Row.of(
            "unknown verb",
            2,
            "\"biuld\" is neither a verb nor a directory\nhint: did you mean \"build\"?\n",
            "biuld",
            "."),
        Row.of(
            "no context",
            2,
            "build needs PATH | URL | -\nhint: see \"jbuild build --help\"\n",
            "build"),
        Row.of("two contexts", 2, "unexpected argument \"..\" for build\n", "build", ".", ".."),
        Row.of("no such context", 2, "build context \"/no/such\" does not exist\n", "/no/such"),
        Row.of(
            "a file for a context",
            2,
            "build context \"/etc/passwd\" is not a directory\n"
                + "hint: name the directory, and a Dockerfile in it with --file; a tar comes in by"
                + " -\n",
            "/etc/passwd"),
        Row.of("flag without its value", 2, "--tag needs a value: NAME\n", "build", ".", "--tag"),
        Row.of(
            "global flags alone",
            2,
            "no verb and no build context\nhint: try \"jbuild --help\"\n",
            "--root",
            "/x"),
        Row.of(
            "a host's address that is none",
            2,
            """
            --add-host "me:host-gateway": "host-gateway" is not an IP address
            hint: with the host's network, which is the default, that is 127.0.0.1
            """,
            "build",
            "--add-host",
            "me:host-gateway",
            "."),
        Row.of(
            "a host's address of three numbers",
            2,
            "--add-host \"me:10.1.2\": \"10.1.2\" is not an IP address\n",
            "build",
            "--add-host",
            "me:10.1.2",
            "."),
        Row.of(
            "bad size",
            2,
            "--memory \"lots\" is not a size\nhint: write it as 512m or 2g\n",
            "build",
            "--memory",
            "lots",
            "."),
        Row.of(
            "bad ulimit",
            2,
            "--ulimit \"nofile=2:1\": the soft value is above the hard value\n",
            "build",
            "--ulimit",
            "nofile=2:1",
            "."),
        Row.of(
            "bad weight",
            2,
            "--blkio-weight \"9\" is not a number from 10 to 1000\n",
            "build",
            "--blkio-weight",
            "9",
            "."),
        Row.of(
            "no device",
            2,
            "--device-read-bps: \"/dev/null\" is no block device\n",
            "build",
            "--device-read-bps",
            "/dev/null:1m",
            "."),
        Row.of(
            "no rate",
            2,
            "--device-write-bps \"1m\" is not DEVICE:RATE\nhint: write it as /dev/sda:10m\n",
            "build",
            "--device-write-bps",
            "1m",
            "."),
        Row.of(
            "bad time-out",
            2,
            "--step-timeout \"10\" is not a time above zero\nhint: write it as 90s or 1h30m\n",
            "build",
            "--step-timeout",
            "10",
            "."),
        Row.of(
            "unknown security option",
            2,
            """
            --security-opt: unknown option "label=x"
            hint: the options are seccomp=FILE and no-new-privileges
            """,
            "build",
            "--security-opt",
            "label=x",
            "."),
        Row.of(
            "no filter",
            2,
            """
            --security-opt: RUN steps are not left without a filter
            hint: use RUN --security=insecure with --allow security.insecure
            """,
            "build",
            "--security-opt",
            "seccomp=unconfined",
            "."),
        Row.of(
            "bad network",
            2,
            """
            --network: unknown value "moon"
            hint: the values are default, host, none and private
            """,
            "build",
            "--network",
            "moon",
            "."),
        Row.of(
            "bad progress",
            2,
            """
            --progress: unknown value "loud"
            hint: the values are auto, tty, plain, rawjson and quiet
            """,
            "build",
            "--progress",
            "loud",
            "."),
        Row.of("bad label", 2, "--label \"x\" is not NAME=VALUE\n", "build", "--label", "x", "."),
        Row.of(
            "push without a name",
            2,
            "a push needs a name\nhint: give one with --tag\n",
            "build",
            "--push",
            "."),
        Row.of(
            "a name that is none",
            2,
            """
            invalid image name "a:b:c"
            hint: write it as [host[:port]/]path[:tag], the path in lower case
            """,
            "build",
            "-ta:b:c",
            "."),
        Row.of(
            "a name with a capital",
            2,
            """
            invalid image name "Team/App:1"
            hint: write it in lower case: "team/app:1"
            """,
            "build",
            "-tTeam/App:1",
            "."),
        Row.of(
            "a name with a scheme",
            2,
            """
            invalid image name "http://127.0.0.1:5000/app"
            hint: write "127.0.0.1:5000/app": a name has no scheme
            """,
            "build",
            "-thttp://127.0.0.1:5000/app",
            "."),
        Row.of(
            "a platform that is none",
            2,
            """
            invalid platform "pdp11"
            hint: write it as os/architecture or os/architecture/variant, as in linux/arm64 or linux/arm/v7
            """,
            "build",
            "--platform",
            "pdp11",
            "."),
        Row.of(
            "no place for an archive",
            2,
            "--output dest \"/no/such/x.tar\": there is no directory \"/no/such\"\n",
            "build",
            "-o",
            "type=oci,dest=/no/such/x.tar",
            "."),
        Row.of(
            "no place for the ID",
            2,
            "--iidfile \"/dev\": is a directory\n",
            "build",
            "--iidfile",
            "/dev",
            "."),
        Row.of(
            "attestations",
            2,
            """
            --provenance is not supported
            hint: no attestations are made; a tool such as syft or cosign can add them to the pushed image
            """,
            "build",
            "--provenance=mode=max",
            "."),
        Row.of(
            "a flag of docker build",
            2,
            """
            flag "--squash" of docker build is not supported
            hint: copy what is wanted into a last stage, FROM scratch or the base
            """,
            "build",
            "--squash",
            "."),
        Row.of(
            "Docker's short flag for debug",
            2,
            """
            flag "-D" of docker build is not supported
            hint: write --debug
            """,
            "build",
            "-D",
            "."),
        Row.of(
            "a verb of docker",
            2,
            "there is no verb \"buildx\"\nhint: leave the word away: jbuild build\n",
            "buildx",
            "build",
            "."),
        Row.of(
            "an unknown short flag alone",
            2,
            "unknown flag \"-v\" for build\nhint: see \"jbuild build --help\"\n",
            "-v"),
        Row.of(
            "a context of another kind",
            2,
            """
            a build context cannot be at "s3://bucket/x"
            hint: it is a directory, a repository (git, ssh, https), an https URL of a tar, or -
            """,
            "build",
            "s3://bucket/x"),
        Row.of(
            "a shell that is not known",
            2,
            """
            completion is for bash, zsh and fish, not "tcsh"
            hint: source <(jbuild completion bash)
            """,
            "completion",
            "tcsh"),
        Row.of(
            "Dockerfile that is not there",
            2,
            "there is no Dockerfile \"nope\", here or in \".\"\n",
            "build",
            "-f",
            "nope",
            "."),
        Row.of(
            "standard input twice",
            2,
            "standard input is both the context and the Dockerfile\n",
            "build",
            "-f",
            "-",
            "-"),
        Row.of(
            "empty standard input",
            2,
            "standard input is empty\nhint: pipe a Dockerfile or a tar of the context into it\n",
            "build",
            "-"),
        Row.of(
            "cache export",
            2,
            """
            --cache-to type=s3 is not supported
            hint: use type=registry, or type=local and copy the directory there and back
            """,
            "build",
            "--cache-to",
            "type=s3,bucket=b",
            "."),
        Row.of(
            "settings that are not there",
            2,
            "--config: there is no file \"/no/x\" to read\n",
            "--config",
            "/no/x",
            "build",
            "."),
        Row.of(
            "two places to listen",
            2,
            "--listen and --unix are given; a server listens in one place\n",
            "serve",
            "--listen",
            "x:1",
            "--unix",
            "/s"),
        Row.of(
            "half of TLS",
            2,
            "--tls-cert and --tls-key go together\n",
            "serve",
            "--tls-cert",
            "/c"),
        Row.of(
            "a strange address",
            2,
            "--listen \"8080\" is not HOST:PORT\n",
            "serve",
            "--listen",
            "8080"),
        Row.of(
            "a command for a shell without dashes",
            2,
            """
            unexpected argument "b" for shell
            hint: a command stands after --: jbuild shell a -- COMMAND
            """,
            "shell",
            "a",
            "b"));
  }

  @ParameterizedTest
  @MethodSource("wrongUsage")
  void errorsAreOneLineAndAHint(Row row) {
    console.env.put("JBUILD_ROOT", directory.resolve("store").toString());

    assertThat(console.run(row.args().toArray(String[]::new))).isEqualTo(row.code());
    assertThat(console.err()).isEqualTo("error: " + row.error());
    assertThat(console.out()).isEmpty();
    assertThat(directory).isEmptyDirectory();
  }
}
