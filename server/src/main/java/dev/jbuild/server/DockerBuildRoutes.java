package dev.jbuild.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jbuild.oci.Json;
import dev.jbuild.server.docker.BuildMessages;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * Docker's {@code POST /build}: the same builds as those of {@code /v1/builds}, whose answer is
 * their messages until they end, and who goes away cancels his.
 */
final class DockerBuildRoutes {
  private final BuildIntake intake;
  private final ServerOptions options;
  private final Offload offload;

  DockerBuildRoutes(BuildIntake intake, ServerOptions options, Offload offload) {
    this.intake = intake;
    this.options = options;
    this.offload = offload;
  }

  void post(RoutingContext request) {
    DockerBuildParameters parameters =
        new DockerBuildParameters(request.queryParams(), options.bounds());
    String logins = request.request().getHeader("x-registry-config");
    BuildIntake.Reading reading = archive -> parameters.request(archive, logins);
    if (parameters.isRemote()) {
      intake.postWithoutBody(request, reading, build -> stream(request, build, parameters));
    } else {
      intake.post(request, reading, build -> stream(request, build, parameters));
    }
  }

  private void stream(RoutingContext request, ServedBuild build, DockerBuildParameters parameters) {
    HttpServerResponse response = request.response();
    if (response.closed()) {
      build.cancel();
      return;
    }
    response.closeHandler(_ -> build.cancel());
    response.setChunked(true).putHeader("content-type", "application/json");
    offload.start(
        new LogStream(
            build.events(),
            response,
            request.vertx().getOrCreateContext(),
            new Messages(new BuildMessages(parameters.isQuiet())),
            0));
  }

  /** Lines of the log as messages. */
  private record Messages(BuildMessages messages) implements LogStream.Form {
    @Override
    public Buffer of(byte[] lines, long place) {
      ByteArrayOutputStream sent = new ByteArrayOutputStream();
      int start = 0;
      for (int i = 0; i < lines.length; i++) {
        if (lines[i] == '\n') {
          JsonNode event = Json.parseObject(Arrays.copyOfRange(lines, start, i), "event");
          sent.writeBytes(messages.of(event));
          start = i + 1;
        }
      }
      return Buffer.buffer(sent.toByteArray());
    }

    @Override
    public Buffer heartbeat() {
      return Buffer.buffer(messages.heartbeat());
    }

    @Override
    public int status() {
      return messages.refused().map(Reply::status).orElse(200);
    }

    @Override
    public boolean again() {
      return messages.replay();
    }
  }
}
