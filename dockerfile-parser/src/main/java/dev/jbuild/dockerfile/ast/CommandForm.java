package dev.jbuild.dockerfile.ast;

/** What RUN, CMD, ENTRYPOINT and HEALTHCHECK CMD are given: text for a shell, or an argv. */
public sealed interface CommandForm permits ShellForm, ExecForm {
  /** The command without flags; heredoc bodies not included. */
  SourceSpan span();
}
