package io.epona.benchmarks.cell;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** How long a single record takes to its acknowledgement when nothing has happened for two seconds. */
final class FirstRecord implements CellBenchmarks.Measurement {
    private static final String TOPIC = "first-record";
    private static final int RUNS = 30;
    private static final long SILENCE_S = 2;
    private static final int WARM_UP = 2_000;
    private static final double NS_PER_MS = 1e6;

    @Override
    public void run(final RunningCell cell, final CellBenchmarks.Arguments arguments, final PrintStream out)
            throws Exception {
        Records.createTopic(cell, TOPIC, 1);
        cell.awaitWhole();
        final double[] tookMs = new double[arguments.runsOr(RUNS)];
        try (KafkaProducer<byte[], byte[]> producer = Records.producer(cell)) {
            for (int i = 0; i < WARM_UP; i++) {
                send(producer);
            }
            for (int i = 0; i < tookMs.length; i++) {
                TimeUnit.SECONDS.sleep(SILENCE_S);
                tookMs[i] = send(producer) / NS_PER_MS;
            }
        }
        Arrays.sort(tookMs);
        out.printf(
                Locale.ROOT,
                "one record after %d s of silence, ms: median %.1f, least %.1f, nine of ten below %.1f, most %.1f%n",
                SILENCE_S,
                tookMs[tookMs.length / 2],
                tookMs[0],
                tookMs[tookMs.length * 9 / 10],
                tookMs[tookMs.length - 1]);
    }

    private static long send(final KafkaProducer<byte[], byte[]> producer) throws Exception {
        final long startNs = System.nanoTime();
        producer.send(new ProducerRecord<>(TOPIC, 0, null, new byte[Records.LENGTH]))
                .get();
        return System.nanoTime() - startNs;
    }
}
