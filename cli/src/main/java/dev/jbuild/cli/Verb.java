package dev.jbuild.cli;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/** The verbs, in the order the help lists them. */
enum Verb {
  BUILD("build an image from a Dockerfile", BuildCommand::new),
  PARSE("show a Dockerfile's syntax tree as JSON", ParseCommand::new),
  FMT("format a Dockerfile", () -> new MissingCommand("formatting a Dockerfile")),
  EXPLAIN("why the last build's steps hit or missed the cache", () -> new MissingCommand("explaining cache misses")),
  SHELL("a shell in a failed step's root file system", () -> new MissingCommand("a shell in a failed step")),
  IMAGES("list the images in the store", ImagesCommand::new),
  INSPECT("show an image's manifest and config", InspectCommand::new),
  HISTORY("show the steps an image was made of", HistoryCommand::new),
  DIFF("compare two images", () -> new MissingCommand("comparing images")),
  PULL("get an image from a registry", PullCommand::new),
  PUSH("send an image to a registry", PushCommand::new),
  COPY("copy an image between registries, the store and archives", () -> new MissingCommand("copying images")),
  IMPORT("make an image of a root file system in a tar", ImportCommand::new),
  LOAD("read images from an archive", () -> new MissingCommand("loading archives")),
  SAVE("write an image to an archive", () -> new MissingCommand("saving archives")),
  TAG("give an image another name", TagCommand::new),
  RMI("remove names of images", RmiCommand::new),
  DU("what the store holds and how large it is", () -> new MissingCommand("disk usage")),
  PRUNE("remove what nothing needs", () -> new MissingCommand("pruning")),
  FSCK("check the store", () -> new MissingCommand("checking the store")),
  LOGIN("remember credentials of a registry", () -> new MissingCommand("logging in")),
  LOGOUT("forget credentials of a registry", () -> new MissingCommand("logging out")),
  DOCTOR("what this machine can do, and how to mend what it cannot", () -> new MissingCommand("probing this machine")),
  SERVE("a build server", ServeCommand::new),
  EXECUTOR("build with Kaniko's flags", ExecutorCommand::new);

  final String summary;
  private final Supplier<Command> factory;

  Verb(String summary, Supplier<Command> factory) {
    this.summary = summary;
    this.factory = factory;
  }

  /** As typed. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  Command command() {
    return factory.get();
  }

  static Optional<Verb> of(String word) {
    return Arrays.stream(values()).filter(verb -> verb.word().equals(word)).findFirst();
  }
}
