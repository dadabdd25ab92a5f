package io.epona.gateway.handlers;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.epona.controller.BrokerRegistration;
import io.epona.controller.CellController;
import io.epona.controller.ClusterImage;
import io.epona.controller.ControllerConfig;
import io.epona.controller.ControllerContext;
import io.epona.controller.ControllerLimits;
import io.epona.controller.Endpoint;
import io.epona.controller.LocalController;
import io.epona.controller.NewTopicSpec;
import io.epona.controller.TopicDefaults;
import io.epona.coordinator.GroupConfigs;
import io.epona.coordinator.GroupSettings;
import io.epona.gateway.HandlerTable;
import io.epona.gateway.RequestContext;
import io.epona.gateway.RequestHandler;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.security.auth.SecurityProtocol;

/**
 * Handlers over a real controller, without a network: each request and response goes through its bytes in the version
 * asked for. Everything runs on the test's thread; the gateway thread and the background are queues that it empties.
 */
final class HandlerHarness implements AutoCloseable {
    static final int NODE_ID = 3;

    final CellController controller;
    final List<Throwable> failures = new ArrayList<>();
    private final HandlerTable handlers;
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    boolean backgroundIsBusy;

    private static final GroupConfigs GROUP_CONFIGS =
            new GroupConfigs(GroupSettings.of(Map.of("group.consumer.heartbeat.interval.ms", "6000"), Map.of()));

    HandlerHarness(Path directory) {
        this(directory, TopicDefaults.STANDARD);
    }

    HandlerHarness(Path directory, TopicDefaults defaults) {
        ControllerConfig config = new ControllerConfig(
                directory, NODE_ID, 1, 1, defaults, Map.of("lane.count", "1"), ControllerLimits.COMPACTION_LENGTH);
        controller = LocalController.open(config, new ControllerContext(Runnable::run, failures::add));
        controller
                .registerBroker(new BrokerRegistration(
                        List.of(new Endpoint("PLAINTEXT", "epona.example", 9092, SecurityProtocol.PLAINTEXT)), "r1"))
                .join();
        LogDirectory logs = new LogDirectory(directory, partitionIndex -> 1000L + partitionIndex);
        handlers = HandlerTable.of(AdminHandlers.create(controller, GROUP_CONFIGS, logs, this::background));
    }

    /** Over a node's controller that the test owns. */
    HandlerHarness(Path directory, CellController controller) {
        this.controller = controller;
        LogDirectory logs = new LogDirectory(directory, partitionIndex -> 1000L + partitionIndex);
        handlers = HandlerTable.of(AdminHandlers.create(controller, GROUP_CONFIGS, logs, this::background));
    }

    /** All versions that Kafka has of an API, as arguments of a parameterised test. */
    static Stream<Short> versions(ApiKeys key) {
        return IntStream.rangeClosed(key.oldestVersion(), key.latestVersion()).mapToObj(version -> (short) version);
    }

    private void background(Runnable task) {
        if (backgroundIsBusy) {
            throw new RejectedExecutionException("busy");
        }
        tasks.add(task);
    }

    ClusterImage image() {
        return controller.image();
    }

    void make(String topic, int partitionCount) {
        controller
                .createTopics(List.of(NewTopicSpec.withPartitions(topic, partitionCount)), false)
                .join();
    }

    /** Sends a request and returns the response. */
    <R extends ApiMessage> R call(Class<R> responseType, ApiKeys key, short version, ApiMessage request) {
        ByteBuffer bytes = MessageUtil.toByteBufferAccessor(request, version).buffer();
        AbstractRequest parsed = AbstractRequest.parseRequest(key, version, new ByteBufferAccessor(bytes)).request;
        RequestHandler handler = handlers.get(key.id);
        assertNotNull(handler, "no handler for " + key);
        FakeContext context = new FakeContext(key, version, parsed);
        try {
            handler.handle(context, parsed.data());
        } catch (RuntimeException e) {
            context.fail(e);
        }
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
        assertNotNull(context.response, "not answered: " + key + " " + version);
        ByteBuffer answer =
                MessageUtil.toByteBufferAccessor(context.response, version).buffer();
        AbstractResponse response = AbstractResponse.parseResponse(key, new ByteBufferAccessor(answer), version);
        assertFalse(answer.hasRemaining());
        return responseType.cast(response.data());
    }

    @Override
    public void close() {
        controller.close();
        assertFalse(failures.iterator().hasNext(), failures::toString);
    }

    private final class FakeContext implements RequestContext {
        private final ApiKeys key;
        private final short version;
        private final AbstractRequest request;
        private ApiMessage response;

        private FakeContext(ApiKeys key, short version, AbstractRequest request) {
            this.key = key;
            this.version = version;
            this.request = request;
        }

        @Override
        public ApiKeys apiKey() {
            return key;
        }

        @Override
        public short apiVersion() {
            return version;
        }

        @Override
        public int correlationId() {
            return 1;
        }

        @Override
        public String clientId() {
            return "test";
        }

        @Override
        public String listenerName() {
            return "PLAINTEXT";
        }

        @Override
        public InetSocketAddress localAddress() {
            return InetSocketAddress.createUnresolved("localhost", 9092);
        }

        @Override
        public InetSocketAddress remoteAddress() {
            return InetSocketAddress.createUnresolved("localhost", 50_000);
        }

        @Override
        public long ingressTimeNs() {
            return 0;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void respond(ApiMessage answer) {
            assertNull(response, "answered twice");
            response = answer;
        }

        @Override
        public void fail(Throwable error) {
            respond(request.getErrorResponse(error).data());
        }

        @Override
        public Executor gatewayThread() {
            return tasks::add;
        }

        @Override
        public <T> void onGatewayThread(CompletionStage<T> stage, BiConsumer<? super T, ? super Throwable> then) {
            stage.whenComplete((value, error) -> tasks.add(() -> {
                try {
                    then.accept(value, error instanceof CompletionException ? error.getCause() : error);
                } catch (RuntimeException e) {
                    fail(e);
                }
            }));
        }
    }
}
