# A fiber counts, and a thread takes its numbers from a queue.
require "securerandom"

secret = SecureRandom.hex(8)
numbers = Queue.new
count = 0
Thread.new { loop { count = numbers.pop } }
fiber = Fiber.new { (1..).each { |number| Fiber.yield(number) } }
loop do
  numbers << fiber.resume
  sleep 0.01
  File.write("state.new", "#{secret} #{count}")
  File.rename("state.new", "state")
end
