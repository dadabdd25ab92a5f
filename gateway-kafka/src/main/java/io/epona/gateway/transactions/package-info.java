/** The APIs of transactions, and the verification of batches that belong to one. */
package io.epona.gateway.transactions;
