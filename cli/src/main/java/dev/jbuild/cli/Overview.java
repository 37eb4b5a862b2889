package dev.jbuild.cli;

import java.util.function.Supplier;

/** The help of the command as a whole. */
final class Overview {
  static final Supplier<String> TEXT =
      () -> {
        StringBuilder text = new StringBuilder();
        text.append("jbuild builds container images from Dockerfiles, without a daemon.\n\n");
        text.append("usage: jbuild [build] [flags] PATH | URL | -\n");
        text.append("       jbuild VERB [flags] …\n\nverbs:\n");
        for (Verb verb : Verb.values()) {
          text.append(String.format("  %-10s %s%n", verb.word(), verb.summary));
        }
        text.append(
            """

            flags of every verb:
              --root DIR     the store; default $JBUILD_ROOT, else /var/lib/jbuild for root
                             and $XDG_DATA_HOME/jbuild for others
              --debug        show stack traces
              --config FILE  a file of flags: FLAG = VALUE a line, below [VERB] for one verb
              -h, --help     help; after a verb, its own
              -V, --version  the version
            """);
        return text.toString();
      };

  private Overview() {}
}
