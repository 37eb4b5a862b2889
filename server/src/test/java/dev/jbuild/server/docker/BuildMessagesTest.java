package dev.jbuild.server.docker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BuildMessagesTest {
  private static final String PLANNED =
      "{'type':'planned','steps':[{'id':'0/1','name':'[1/2] FROM base'},"
          + "{'id':'0/2','name':'[2/2] RUN make'},{'id':'b/2','name':'[b 2/2] RUN other'}]}";
  private static final String RUN = "{'type':'step-started','step':{'id':'0/2','name':''}}";
  private static final String FINISHED =
      "{'type':'finished','result':{'digest':'sha256:dd','config':"
          + "'sha256:0123456789abcdef','names':['a:1','b:2']}}";
  private static final String FAILED =
      "{'type':'failed','failure':{'kind':'user','message':'no luck','hint':'try','exitCode':7,"
          + "'span':{'file':'Dockerfile','startLine':2,'startColumn':1},'excerpt':'> 2'}}";

  private final BuildMessages messages = new BuildMessages(false);

  private static JsonNode event(String text) {
    return Json.parseObject(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8), "event");
  }

  private static String output(String step, String text) {
    return "{'type':'step-output','step':'" + step + "','text':'" + text + "'}";
  }

  /** What clients read: each message's texts, with "error" for the last one's. */
  private static List<String> told(BuildMessages messages, String... events) {
    List<String> told = new ArrayList<>();
    for (String event : events) {
      new String(messages.of(event(event)), StandardCharsets.UTF_8)
          .lines()
          .forEach(line -> {
            JsonNode node = Json.parseObject(line.getBytes(StandardCharsets.UTF_8), "message");
            told.add(node.has("stream") ? node.get("stream").asText() : node.toString());
          });
    }
    return told;
  }

  @Test
  void aBuildIsToldAsTheClassicBuilderTellsIt() {
    assertThat(
            told(
                messages,
                PLANNED,
                "{'type':'step-cached','from':'store','step':{'id':'0/1','name':''}}",
                RUN,
                output("0/2", "hi\\n"),
                "{'type':'step-finished','step':'0/2'}",
                "{'type':'step-cached','from':'local','step':{'id':'b/2','name':''}}",
                "{'type':'step-started','step':{'id':'export:0','name':'exporting'}}",
                FINISHED))
        .containsExactly(
            "Step 1/3 : FROM base\n",
            "Step 2/3 : RUN make\n",
            "hi\n",
            "Step 3/3 : RUN other\n",
            " ---> Using cache\n",
            "{\"aux\":{\"ID\":\"sha256:0123456789abcdef\"}}",
            "Successfully built 0123456789ab\n",
            "Successfully tagged a:1\n",
            "Successfully tagged b:2\n");
    assertThat(messages.refused()).isEmpty();
  }

  @Test
  void stepsThatRunAtOnceAreToldApart() {
    assertThat(
            told(
                messages,
                PLANNED,
                RUN,
                output("0/2", "half"),
                "{'type':'step-started','step':{'id':'b/2','name':''}}",
                output("b/2", "b\\n"),
                output("b/2", "b\\n"),
                output("0/2", " a line"),
                "{'type':'warning','message':'mind','span':"
                    + "{'file':'Dockerfile','startLine':3,'startColumn':5}}"))
        .containsExactly(
            "Step 2/3 : RUN make\n",
            "half",
            "\nStep 3/3 : RUN other\n",
            "b\n",
            "b\n",
            "Step 2/3 : RUN make\n",
            " a line",
            "\n[Warning] Dockerfile:3:5: mind\n");
  }

  @Test
  void aFailureHasPlaceHintAndTheStepsCode() {
    String text = "Dockerfile:2:1: no luck\\n> 2\\nhint: try";
    assertThat(told(messages, PLANNED, RUN, FAILED))
        .last()
        .isEqualTo(
            "{\"errorDetail\":{\"code\":7,\"message\":\""
                + text
                + "\"},\"error\":\""
                + text
                + "\"}");
    assertThat(messages.refused()).isEmpty();
  }

  @Test
  void whatFailsBeforeItBeganIsARefusal() {
    assertThat(told(messages, FAILED)).singleElement().asString().startsWith("{\"message\":");
    assertThat(messages.refused()).contains(BuildFailure.Kind.USER);
  }

  @Test
  void afterAHeartbeatItIsTooLateForARefusal() {
    assertThat(new String(messages.heartbeat(), StandardCharsets.UTF_8)).isBlank();
    assertThat(told(messages, FAILED)).singleElement().asString().startsWith("{\"errorDetail\":");
  }

  @Test
  void aQuietBuildTellsItsIdAlone() {
    BuildMessages quiet = new BuildMessages(true);
    assertThat(told(quiet, PLANNED, RUN, output("0/2", "hi"), FINISHED))
        .containsExactly("sha256:0123456789abcdef\n");
    assertThat(quiet.replay()).isFalse();
  }

  @Test
  void aQuietBuildThatFailsTellsEverythingOnce() {
    BuildMessages quiet = new BuildMessages(true);
    assertThat(told(quiet, PLANNED, RUN, FAILED)).isEmpty();
    assertThat(quiet.replay()).isTrue();
    assertThat(told(quiet, PLANNED, RUN, FAILED)).hasSize(2).first().asString().startsWith("Step");
    assertThat(quiet.replay()).isFalse();
  }

  @Test
  void whatMovesIsShownByItsDigest() {
    String step = "'step':{'id':'transfer:1','name':'pulling from host/base'}";
    String progress = "{'type':'step-progress'," + step + ",'what':'sha256:0123456789abcdef',";
    assertThat(
            told(
                messages,
                "{'type':'step-started'," + step + "}",
                progress + "'current':3,'total':9}",
                progress + "'current':9,'total':9}"))
        .containsExactly(
            "{\"status\":\"Pulling from host/base\"}",
            "{\"status\":\"Downloading\",\"progressDetail\":{\"current\":3,\"total\":9},"
                + "\"id\":\"0123456789ab\"}",
            "{\"status\":\"Download complete\",\"progressDetail\":{},\"id\":\"0123456789ab\"}");
  }
}
