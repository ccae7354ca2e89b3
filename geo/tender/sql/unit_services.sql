-- Each unit's service under the lot that lets it.
INSERT INTO unit_service (round, unit_kind, unit, service, package, lot, live)
SELECT u.round, u.unit_kind, u.unit, s.service, u.package, l.number, p.live
  FROM package_unit u
  JOIN package p ON p.round = u.round AND p.number = u.package
  JOIN service_lot l ON l.round = u.round AND l.package = u.package, unnest(l.services) AS s (service)
 WHERE u.round = :round
