package io.epona.journal.testing;

import io.epona.journal.CheckpointFiles;
import io.epona.journal.JournalFailedException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The checkpoint files of a simulated device. Changes of names wait in memory until the directory is synced; when the
 * power fails, a first part of them, of any length, has become durable.
 */
final class SimulatedNames {
    private static final int ENOSPC = 28;

    private final SimulatedDevice device;
    private final Map<String, byte[]> durable = new TreeMap<>();
    private final Map<String, byte[]> visible = new TreeMap<>();
    private final List<Consumer<Map<String, byte[]>>> pending = new ArrayList<>();

    SimulatedNames(final SimulatedDevice device) {
        this.device = device;
    }

    byte[] bytes(final String name) {
        return visible.get(name);
    }

    CheckpointFiles open(final int life) {
        return new Handle(life);
    }

    void cutPower() {
        final int kept = device.random().nextInt(pending.size() + 1);
        pending.subList(0, kept).forEach(change -> change.accept(durable));
        pending.clear();
        visible.clear();
        visible.putAll(durable);
    }

    void clear() {
        durable.clear();
        visible.clear();
        pending.clear();
    }

    private void change(final Consumer<Map<String, byte[]>> change) {
        change.accept(visible);
        pending.add(change);
    }

    private final class Handle implements CheckpointFiles {
        private final int life;

        Handle(final int life) {
            this.life = life;
        }

        private void operate() {
            device.checkOn(life);
            if (device.isCutDuringThis()) {
                cut();
            }
        }

        private void cut() {
            device.cutPower();
            throw new PowerCutException();
        }

        @Override
        public List<String> list() {
            device.checkOn(life);
            return List.copyOf(visible.keySet());
        }

        @Override
        public void write(final String name, final DirectBuffer buffer, final int length) {
            device.checkOn(life);
            final byte[] bytes = new byte[length];
            buffer.getBytes(0, bytes);
            if (device.isFull()) {
                change(map -> map.put(name, Arrays.copyOf(bytes, length / 2)));
                throw new JournalFailedException("checkpoint write failed: name=" + name, ENOSPC);
            }
            if (device.isCutDuringThis()) {
                final byte[] torn = new byte[device.random().nextInt(length + 1)];
                final int whole = device.random().nextInt(torn.length + 1);
                System.arraycopy(bytes, 0, torn, 0, whole);
                change(map -> map.put(name, torn));
                cut();
            }
            change(map -> map.put(name, bytes));
        }

        @Override
        public void rename(final String from, final String to) {
            device.checkOn(life);
            final byte[] bytes = visible.get(from);
            if (null == bytes) {
                throw new JournalFailedException("checkpoint rename failed: from=" + from, 2);
            }
            change(map -> {
                map.remove(from);
                map.put(to, bytes);
            });
            operate();
        }

        @Override
        public void syncDirectory() {
            operate();
            pending.forEach(change -> change.accept(durable));
            pending.clear();
        }

        @Override
        public DirectBuffer read(final String name) {
            device.checkOn(life);
            return new UnsafeBuffer(visible.get(name).clone());
        }

        @Override
        public void delete(final String name) {
            device.checkOn(life);
            change(map -> map.remove(name));
            operate();
        }
    }
}
