package io.epona.gateway.handlers;

import io.epona.controller.BrokerRegistration;
import io.epona.controller.ControllerConfig;
import io.epona.controller.ControllerContext;
import io.epona.controller.ControllerLimits;
import io.epona.controller.Endpoint;
import io.epona.controller.LocalController;
import io.epona.controller.TopicDefaults;
import io.epona.coordinator.GroupConfigs;
import io.epona.coordinator.GroupSettings;
import io.epona.gateway.HandlerTable;
import io.epona.gateway.RequestHandler;
import io.epona.gateway.net.ConnectionHub;
import io.epona.gateway.net.DeadlineQueue;
import io.epona.gateway.net.GatewayListener;
import io.epona.gateway.net.GatewayLoop;
import io.epona.gateway.net.GatewayShare;
import io.epona.gateway.net.NetConfig;
import io.epona.runtime.SystemNodeClock;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.security.auth.SecurityProtocol;

/** The metadata APIs on a real socket, for real clients: a controller, one gateway thread, and nothing behind them. */
final class AdminServer implements AutoCloseable {
    private static final int NODE_ID = 5;
    private static final int MAX_TIMERS_PER_CYCLE = 100;

    final LocalController controller;
    private final ExecutorService controllerThread = Executors.newSingleThreadExecutor();
    private final ExecutorService background = Executors.newSingleThreadExecutor();
    private final GatewayLoop loop = GatewayLoop.open(true);
    private final Thread thread;
    private final CompletableFuture<Integer> port = new CompletableFuture<>();
    private volatile boolean running = true;

    AdminServer(Path directory, TopicDefaults defaults) {
        ControllerConfig config = new ControllerConfig(
                directory, NODE_ID, 2, 1, defaults, Map.of("lane.count", "2"), ControllerLimits.COMPACTION_LENGTH);
        controller = LocalController.open(
                config, new ControllerContext(controllerThread, error -> port.completeExceptionally(error)));
        thread = new Thread(() -> serve(directory), "gateway");
        thread.start();
        Endpoint endpoint = new Endpoint("PLAINTEXT", "localhost", port.join(), SecurityProtocol.PLAINTEXT);
        controller
                .registerBroker(new BrokerRegistration(List.of(endpoint), null))
                .join();
    }

    String bootstrapServers() {
        return "localhost:" + port.join();
    }

    int nodeId() {
        return NODE_ID;
    }

    private void serve(Path directory) {
        SystemNodeClock clock = new SystemNodeClock();
        DeadlineQueue deadlines = new DeadlineQueue();
        List<RequestHandler> handlers = new ArrayList<>(AdminHandlers.create(
                controller,
                new GroupConfigs(GroupSettings.of(Map.of(), Map.of())),
                new LogDirectory(directory, partitionIndex -> partitionIndex),
                background));
        AtomicReference<HandlerTable> whole = new AtomicReference<>();
        handlers.add(new ApiVersionsHandler(whole::get, false));
        HandlerTable table = HandlerTable.of(handlers);
        whole.set(table);
        NetConfig net = NetConfig.defaults("localhost", 0);
        ConnectionHub hub = new ConnectionHub(net, table, clock, deadlines, loop, loop.allocator());
        loop.start();
        try {
            port.complete(new GatewayListener(net, List.of(new GatewayShare(loop, hub)))
                    .open()
                    .getPort());
            while (running) {
                int work = hub.poll(clock.nanoTime()) + loop.poll() + hub.flush();
                work += deadlines.poll(clock.nanoTime(), MAX_TIMERS_PER_CYCLE);
                if (work == 0) {
                    TimeUnit.MICROSECONDS.sleep(200);
                }
            }
        } catch (Exception e) {
            port.completeExceptionally(e);
        } finally {
            hub.close();
            loop.close();
        }
    }

    @Override
    public void close() {
        running = false;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        controller.close();
        controllerThread.shutdown();
        background.shutdown();
    }
}
