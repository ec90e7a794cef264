# Sends numbers through a pipe. Both sides count in memory.
count=0
while true; do
  count=$((count + 1))
  echo "$count"
  sleep 0.01
done | while read -r number; do
  sum=$((sum + number))
  echo "$number $sum" >> numbers
done
