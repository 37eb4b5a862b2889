package dev.jbuild.server;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What a server counts since its start, as Prometheus reads it. Thread-safe. */
final class BuildMetrics {
  private final Map<ServedBuild.State, LongAdder> ended = new EnumMap<>(ServedBuild.State.class);
  private final LongAdder refused = new LongAdder();
  private final LongAdder runs = new LongAdder();
  private final LongAdder milliseconds = new LongAdder();

  BuildMetrics() {
    for (ServedBuild.State state : ServedBuild.State.values()) {
      if (state.isFinal()) {
        ended.put(state, new LongAdder());
      }
    }
  }

  void refused() {
    refused.increment();
  }

  void ended(ServedBuild.State state) {
    LongAdder counter = ended.get(state);
    if (counter != null) {
      counter.increment();
    }
  }

  void ran(Duration took) {
    runs.increment();
    milliseconds.add(took.toMillis());
  }

  /**
   * The text exposition format, version 0.0.4.
   *
   * @param running builds at work now
   * @param waiting builds that wait for their turn or whose context is coming in
   */
  String text(int running, int waiting) {
    StringBuilder text = new StringBuilder();
    head(text, "jbuild_builds_running", "gauge", "Builds at work.");
    text.append("jbuild_builds_running ").append(running).append('\n');
    head(text, "jbuild_builds_waiting", "gauge", "Builds that wait or are being sent.");
    text.append("jbuild_builds_waiting ").append(waiting).append('\n');
    head(text, "jbuild_builds_ended_total", "counter", "Builds that ended.");
    ended.forEach((state, count) ->
        text.append("jbuild_builds_ended_total{state=\"")
            .append(state.name().toLowerCase(Locale.ROOT))
            .append("\"} ")
            .append(count.sum())
            .append('\n'));
    head(text, "jbuild_builds_refused_total", "counter", "Builds refused for want of room.");
    text.append("jbuild_builds_refused_total ").append(refused.sum()).append('\n');
    head(text, "jbuild_build_seconds", "summary", "How long builds that ended were at work.");
    text.append("jbuild_build_seconds_sum ").append(milliseconds.sum() / 1000.0).append('\n');
    text.append("jbuild_build_seconds_count ").append(runs.sum()).append('\n');
    return text.toString();
  }

  private static void head(StringBuilder text, String name, String type, String help) {
    text.append("# HELP ").append(name).append(' ').append(help).append('\n');
    text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }
}
