package dev.jbuild.server.json;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.engine.DockerfileFailure;
import dev.jbuild.engine.LocatedFailure;
import dev.jbuild.engine.RunFailure;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Json;
import java.util.Locale;

/** A failure as one JSON object: kind, message, span, excerpt, hint, exitCode, causes, errors. */
public final class FailureJson {
  private static final int MOST_CAUSES = 8;

  private FailureJson() {}

  public static ObjectNode of(BuildFailure failure) {
    ObjectNode node = Json.object();
    node.put("kind", failure.kind().name().toLowerCase(Locale.ROOT));
    node.put("message", failure.text());
    if (failure instanceof LocatedFailure located) {
      node.set("span", span(located.span()));
      node.put("excerpt", located.excerpt());
    }
    failure.hint().ifPresent(hint -> node.put("hint", hint));
    if (failure instanceof RunFailure run) {
      node.put("exitCode", run.exitCode());
    }
    ArrayNode causes = Json.array();
    Throwable cause = failure.getCause();
    for (int i = 0; cause != null && i < MOST_CAUSES; i++, cause = cause.getCause()) {
      String message = cause.getMessage();
      causes.add(message == null ? cause.getClass().getSimpleName() : message);
    }
    if (!causes.isEmpty()) {
      node.set("causes", causes);
    }
    if (failure instanceof DockerfileFailure several) {
      ArrayNode errors = Json.array();
      several.errors().forEach(error -> errors.add(of(error)));
      node.set("errors", errors);
    }
    return node;
  }

  /** A place in a file; lines and columns count from 1. */
  public static ObjectNode span(SourceSpan span) {
    ObjectNode node = Json.object();
    node.put("file", span.file());
    node.put("startLine", span.startLine());
    node.put("startColumn", span.startColumn());
    node.put("endLine", span.endLine());
    node.put("endColumn", span.endColumn());
    return node;
  }
}
