package dev.jbuild.cli;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The verbs, in the order the help lists them. */
enum Verb {
  BUILD("build an image from a Dockerfile"),
  PARSE("show a Dockerfile's syntax tree as JSON"),
  FMT("format a Dockerfile"),
  EXPLAIN("why a build's steps hit or missed the cache"),
  LOGS("the whole output of a build's RUN steps"),
  SHELL("a shell where a step of the last build was, such as the one that failed"),
  IMAGES("list the images in the store"),
  INSPECT("show an image's manifest and config"),
  HISTORY("show the steps an image was made of"),
  DIFF("compare two images"),
  VERIFY("build an image again and say whether it is the same"),
  PULL("get an image from a registry"),
  PUSH("send an image to a registry"),
  COPY("copy an image between registries, the store and archives"),
  REFERRERS("list what refers to an image in a registry"),
  IMPORT("make an image of a root file system in a tar"),
  LOAD("read images from an archive"),
  SAVE("write an image to an archive"),
  TAG("give an image another name"),
  RMI("remove names of images"),
  DU("what the store holds and how large it is"),
  PRUNE("remove what nothing needs"),
  CACHE("list, remove, export and import cache mounts"),
  FSCK("check the store"),
  LOGIN("remember credentials of a registry"),
  LOGOUT("forget credentials of a registry"),
  DOCTOR("what this machine can do, and how to mend what it cannot"),
  SERVE("a build server"),
  EXECUTOR("build with Kaniko's flags"),
  COMPLETION("a script that completes this command in bash, zsh or fish");

  final String summary;

  Verb(String summary) {
    this.summary = summary;
  }

  /** As typed. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** A fresh command to fill and run; the class of no other one is loaded. */
  Command command() {
    return switch (this) {
      case BUILD -> new BuildCommand();
      case PARSE -> new ParseCommand();
      case FMT -> new FmtCommand();
      case EXPLAIN -> new ExplainCommand();
      case LOGS -> new LogsCommand();
      case SHELL -> new ShellCommand();
      case IMAGES -> new ImagesCommand();
      case INSPECT -> new InspectCommand();
      case HISTORY -> new HistoryCommand();
      case DIFF -> new DiffCommand();
      case VERIFY -> new VerifyCommand();
      case PULL -> new PullCommand();
      case PUSH -> new PushCommand();
      case COPY -> new CopyCommand();
      case REFERRERS -> new ReferrersCommand();
      case IMPORT -> new ImportCommand();
      case LOAD -> new LoadCommand();
      case SAVE -> new SaveCommand();
      case TAG -> new TagCommand();
      case RMI -> new RmiCommand();
      case DU -> new DuCommand();
      case PRUNE -> new PruneCommand();
      case CACHE -> new CacheCommand();
      case FSCK -> new FsckCommand();
      case LOGIN -> new LoginCommand();
      case LOGOUT -> new LogoutCommand();
      case DOCTOR -> new DoctorCommand();
      case SERVE -> new ServeCommand();
      case EXECUTOR -> new ExecutorCommand();
      case COMPLETION -> new CompletionCommand();
    };
  }

  static Optional<Verb> of(String word) {
    return Arrays.stream(values()).filter(verb -> verb.word().equals(word)).findFirst();
  }
}
