package dev.jbuild.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.engine.Output;
import dev.jbuild.layer.Compression;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class OutputFlagTest {
  private static final String DAEMON = "unix:///run/docker.sock";

  record Row(String text, List<Output> outputs) {
    @Override
    public String toString() {
      return text;
    }
  }

  private static Output.ImageOptions options(
      Compression compression, boolean oci, @Nullable String name) {
    return new Output.ImageOptions(compression, false, oci, name);
  }

  static Stream<Row> rows() {
    Output.ImageOptions oci = options(Compression.gzip(), true, null);
    Output.ImageOptions docker = options(Compression.gzip(), false, null);
    return Stream.of(
        new Row("out", List.of(new Output.LocalDirectory(Path.of("out"), false))),
        new Row("-", List.of(new Output.RootfsTar(Path.of("-"), false))),
        new Row("type=image", List.of(new Output.StoreImage(oci))),
        new Row("type=image,push=true", List.of(new Output.StoreImage(oci), new Output.Push(oci))),
        new Row("type=registry", List.of(new Output.Push(oci))),
        new Row("type=oci", List.of(new Output.OciArchive(Path.of("-"), true, oci))),
        new Row("type=tar", List.of(new Output.RootfsTar(Path.of("-"), false))),
        new Row("type=oci,dest=a.tar", List.of(new Output.OciArchive(Path.of("a.tar"), true, oci))),
        new Row(
            "type=oci,dest=dir,tar=false",
            List.of(new Output.OciArchive(Path.of("dir"), false, oci))),
        new Row("dest=a,b.tar,type=docker", List.of()),
        new Row(
            "type=image,name=r.example/x,push-by-digest=true,name-canonical=true,push=true",
            List.of(new Output.Push(options(Compression.gzip(), true, "r.example/x"), true))),
        new Row(
            "type=oci,dest=a.tar,annotation.a=1,annotation-index.b=x=y,"
                + "annotation-manifest[linux/arm64].c=3",
            List.of(
                new Output.OciArchive(
                    Path.of("a.tar"),
                    true,
                    new Output.ImageOptions(
                        Compression.gzip(),
                        false,
                        true,
                        null,
                        Map.of(
                            "manifest:a",
                            "1",
                            "index:b",
                            "x=y",
                            "manifest[linux/arm64]:c",
                            "3"))))),
        new Row(
            "type=docker,dest=a.tar", List.of(new Output.DockerArchive(Path.of("a.tar"), docker))),
        new Row("type=docker", List.of(new Output.DockerLoad(DAEMON, docker))),
        new Row(
            "type=local,dest=d,platform-split=true",
            List.of(new Output.LocalDirectory(Path.of("d"), true))),
        new Row(
            "type=tar,\"dest=a,b.tar\"", List.of(new Output.RootfsTar(Path.of("a,b.tar"), false))),
        new Row(
            "type=local,dest=d,mode=copy", List.of(new Output.LocalDirectory(Path.of("d"), false))),
        new Row("type=image,unpack=false", List.of(new Output.StoreImage(oci))),
        new Row("type=cacheonly", List.of(new Output.None())),
        new Row(
            "type=image,name=x:1,compression=zstd,compression-level=9",
            List.of(new Output.StoreImage(options(new Compression.Zstd(9), true, "x:1")))),
        new Row(
            "type=image,compression=estargz",
            List.of(new Output.StoreImage(options(Compression.estargz(), true, null)))),
        new Row(
            "type=image,compression=uncompressed,oci-mediatypes=false",
            List.of(new Output.StoreImage(options(Compression.uncompressed(), false, null)))));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void readsWhatBuildxTakes(Row row) {
    if (row.outputs().isEmpty()) {
      assertThatThrownBy(() -> UsageError.of(() -> OutputFlag.parse(row.text(), false, DAEMON)))
          .isInstanceOf(UsageError.class);
    } else {
      assertThat(OutputFlag.parse(row.text(), false, DAEMON)).isEqualTo(row.outputs());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "type=oci,tar=false | --output type=oci needs dest=",
        "type=local | --output type=local needs dest=",
        "type=moon | --output: unknown type \"moon\"",
        "dest=x | --output \"dest=x\" has no type",
        "type=image,dset=x | --output \"type=image,dset=x\": unknown key \"dset\"",
        "type=local,dest=x,push=true | --output type=local takes no \"push\"",
        "type=local,dest=x,mode=delete | --output type=local,mode=delete is not supported:"
            + " jbuild deletes no files it did not make",
        "type=local,dest=x,mode=move | --output mode is copy, not \"move\"",
        "type=tar,dest=x,mode=copy | --output type=tar takes no \"mode\"",
        "type=image,unpack=true | --output unpack=true: there is no containerd to unpack for",
        "type=image,push=perhaps | --output push is true or false, not \"perhaps\"",
        "type=image,compression=lzma | unknown compression \"lzma\"",
        "type=local,dest=x,annotation.a=1 | --output type=local takes no annotations",
        "type=image,name=x,push-by-digest=true | --output push-by-digest=true without push=true",
        "type=registry,name=h:5/x:1,push-by-digest=true | --output push-by-digest=true: \"h:5/x:1\""
            + " has a tag, which would not be set",
        "type=registry,push-by-digest=true | --output push-by-digest=true needs name=",
        "type=image,name-canonical=true | --output name-canonical=true without push-by-digest=true",
        "type=image,rewrite-timestamp=true | --output rewrite-timestamp needs a time"
      })
  void saysWhatIsWrong(String text, String message) {
    assertThatThrownBy(() -> UsageError.of(() -> OutputFlag.parse(text, false, DAEMON)))
        .isInstanceOf(UsageError.class)
        .hasMessage(message);
  }
}
